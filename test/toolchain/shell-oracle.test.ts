import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readBackendUses } from "../../src/toolchain/backend-uses.ts";
import { scratchFolder } from "../support/scratch.ts";

/**
 * Made-up start scripts, run by bash with stand-ins for iptables that write down their names, against what is read of their
 * text: each command that ran must have been found, and each that is said to run surely must have run. None is a condition of
 * others: whoever looks first whether a backend works needs it no more.
 */

const scratch = scratchFolder("shell-oracle");
const LOG = join(scratch.path, "log");
const COMMANDS = 40;
const TOOLS = ["iptables-legacy", "iptables-nft"];

// One folder for each command of a script, so that each is known again.
const stub = scratch.write("stub", `#!/bin/sh\necho "$0" >>${LOG}\n`);
chmodSync(stub, 0o755);
for (let at = 0; at < COMMANDS; at++)
  for (const tool of TOOLS) {
    scratch.write(`m${at}/.keep`, "");
    symlinkSync(stub, join(scratch.path, `m${at}`, tool));
  }

/** In place of a command that is told from all others when the script is complete. */
const MARK = "@MARK@";
const NEVER = "/never/iptables-legacy -A INPUT";

const command = fc.constantFrom(
  `${MARK} -A @CHAIN@ -j ACCEPT`,
  `${MARK} -w 5 -t nat -I @CHAIN@`,
  `env A=b ${MARK} -A @CHAIN@`,
  `A=b ${MARK} -N @CHAIN@ >/dev/null 2>&1`,
  `2>/dev/null ${MARK} --append @CHAIN@`,
  `command ${MARK} -A @CHAIN@`,
  `"${MARK}" -A '@CHAIN@'`,
  `timeout 5 ${MARK} -A @CHAIN@`,
  `${MARK} \\\n  -A @CHAIN@`,
);

const quiet = fc.constantFrom(
  "true",
  "false",
  `echo '${NEVER}'`,
  `true # ${NEVER}`,
  `echo "a ; ${NEVER}"`,
  ": $" + "{FOO:=bar}",
  '[ -n "$HOME" ]',
  "[[ a == b ]]",
  "(( 1 + 1 ))",
  "export Q='a;b' R=\"c d\"",
  `cat <<EOF >/dev/null\n${NEVER}\nEOF`,
  `cat <<-'E2' >/dev/null\n\t${NEVER}\n\tE2`,
  "echo a#b; echo $" + "{x#y} $" + "{x%%z*}",
  "echo $((1<<2))",
  `echo \\; ${NEVER}`,
  "trap 'true' EXIT",
);

const { statements } = fc.letrec<{ statement: string; statements: string }>((tie) => {
  const body = tie("statements");
  const holds = fc.constantFrom("true", "false", "! true", "[ 1 = 1 ]");
  const word = fc.constantFrom("a", "$1", '"b c"');
  const words = fc.constantFrom("1 2", "$UNSET", 'a"b" c', "$(echo 1)");
  const name = fc.nat(1_000_000_000).map((id) => `fn${id}`);
  const form = <T extends string[]>(
    parts: { [at in keyof T]: fc.Arbitrary<string> },
    write: (...texts: T) => string,
  ): fc.Arbitrary<string> => fc.tuple(...parts).map((texts) => write(...(texts as T)));
  return {
    statements: fc.array(tie("statement"), { minLength: 1, maxLength: 3 }).map((all) => `${all.join("\n")}\n`),
    statement: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      command,
      quiet,
      form([command, quiet], (a, b) => `${a}; ${b}`),
      form([command], (a) => `${a} | cat`),
      form([command], (a) => `! ${a}`),
      form([command], (a) => `true && ${a} || false`),
      form([command], (a) => `[ -z "$NOPE" ] && ${a}`),
      form([command], (a) => `x=$(${a})`),
      form([command], (a) => `echo "a $(${a}) b"`),
      form([command], (a) => `x=\`${a.replace(/["'\\\n]/g, "")}\``),
      form([command], (a) => `sh -c '${a.replace(/'/g, "")}'`),
      form([command], (a) => `eval "${a.replace(/["'\\\n]/g, "")}"`),
      form([holds, body, body, body], (a, b, c, d) => `if ${a}; then\n${b}elif true\nthen ${c}else\n${d}fi`),
      form([word, body, body, body], (a, b, c, d) => `case ${a} in\n a|x) ${b};;\n ("b c")\n${c} ;;\n *) ${d}\nesac`),
      form([words, body], (a, b) => `for i in ${a}; do true\n${b}done`),
      form([body], (a) => `while false; do true\n${a}done`),
      form([body], (a) => `until true; do true\n${a}done`),
      form([body], (a) => `( true\n${a})`),
      form([body], (a) => `{ true\n${a}}`),
      form([name, body], (a, b) => `${a}() {\ntrue\n${b}}\n${a} x y`),
      form([name, body], (a, b) => `function ${a} {\ntrue\n${b}}`),
    ),
  };
});

const script = fc
  .tuple(
    statements,
    fc.constantFrom("", `exec ${MARK} -A @CHAIN@\n`, `exit 0\n${NEVER}\n`, `exec sh -c "${MARK} -A @CHAIN@"\n`),
  )
  .map(([text, end]) => mark(`#!/bin/bash\n${text}${end}`))
  .filter((text) => text !== undefined);

/** @returns undefined where there are more commands than folders */
function mark(text: string): string | undefined {
  let at = 0;
  const marked = text.replaceAll(MARK, () => join(scratch.path, `m${at}`, TOOLS[at++ % 2] as string));
  // The same rule written with both backends would be one that needs neither.
  return at > COMMANDS ? undefined : marked.replace(/@CHAIN@/g, () => `CHAIN${at++}`);
}

function runIt(text: string): Set<string> {
  rmSync(LOG, { force: true });
  const file = scratch.write("start.sh", text);
  const { stderr } = spawnSync("bash", [file, "b c"], { timeout: 20_000, encoding: "utf8", input: "" });
  if (/syntax error/.test(stderr)) throw new Error(`not a script of bash: ${stderr}\n${text}`);
  return new Set(existsSync(LOG) ? readFileSync(LOG, "utf8").trim().split("\n") : []);
}

test("what bash runs of a script is what is read of it", () => {
  let ran = 0;
  let sure = 0;
  fc.assert(
    fc.property(script, (text) => {
      const commands = runIt(text);
      const found = readBackendUses(text).flatMap((use) => (use.kind === "run" ? [use] : []));
      const paths = found.map(({ path }) => path);
      expect(paths).toEqual(expect.arrayContaining([...commands]));
      expect(paths).not.toContain("/never/iptables-legacy");
      const certain = found.filter(({ certainty }) => certainty === "sure").map(({ path }) => path);
      expect([...commands]).toEqual(expect.arrayContaining(certain));
      ran += commands.size;
      sure += certain.length;
    }),
    { seed: 20261123, numRuns: 400 },
  );
  // The scripts are about something.
  expect(ran).toBeGreaterThan(500);
  expect(sure).toBeGreaterThan(200);
}, 120_000);
