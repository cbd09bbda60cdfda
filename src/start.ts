import { parseArguments, usage } from "./arguments.ts";
import { tool } from "./version.ts";

/**
 * Where the command line begins. What needs nothing but the arguments is answered here; the rest of the program, most of it
 * knowledge, is a file of its own (`scripts/build.mjs`) and loaded when it is wanted.
 */
function answerAtOnce(args: readonly string[]): string | undefined {
  try {
    const { command } = parseArguments(args);
    if (command === "version") return `${tool.name} ${tool.version}\n`;
    return command === "help" ? usage : undefined;
  } catch {
    // Said by the program, which knows how errors are shown.
    return undefined;
  }
}

// Who reads may have seen enough (`| head -1`).
process.stdout.on("error", () => {});
const answer = answerAtOnce(process.argv.slice(2));
if (answer === undefined) await import("./cli.ts");
else process.stdout.write(answer);
