import { parseArguments, usage } from "./arguments.ts";
import { tool } from "./version.ts";

/**
 * Where the command line begins. What needs nothing but the arguments is answered here; the rest of the program, most of it
 * knowledge, is a file of its own (`scripts/build.mjs`) and loaded when it is wanted.
 */
function answerAtOnce(command: string | undefined): string | undefined {
  if (command === "version") return `${tool.name} ${tool.version}\n`;
  return command === "help" ? usage : undefined;
}

function commandOf(args: readonly string[]): string | undefined {
  try {
    return parseArguments(args).command;
  } catch {
    // Said by the program, which knows how errors are shown.
    return undefined;
  }
}

/** The first version that unpacks zstd by itself. Below it the program's parts don't even load. */
const NODE = 24;

/** One line instead of the stack of a module that can't be loaded. */
function refuseOldNode(): void {
  const hint = `in a checkout, "node scripts/node24.mjs dist/cli.js" fetches it`;
  process.stderr.write(`${tool.name}: needs Node ${NODE} or later, and this is ${process.versions.node}; ${hint}\n`);
  process.exitCode = 2;
}

// Who reads may have seen enough (`| head -1`).
process.stdout.on("error", () => {});
const command = commandOf(process.argv.slice(2));
const answer = answerAtOnce(command);
if (answer !== undefined) process.stdout.write(answer);
else if (Number.parseInt(process.versions.node, 10) < NODE) refuseOldNode();
else if (command === "inspect") await import("./cli-inspect.ts");
else await import("./cli.ts");
