import type { LegacyProgram, Tool, Untold } from "../model/toolchain.ts";
import { LEGACY_LIBRARY } from "./file-names.ts";
import { evidence, type Survey } from "./survey.ts";

/** More than any image has: each of them is judged on each host. */
const MAX_PROGRAMS = 20;

/**
 * Programs that write the legacy tables themselves: libip4tc and libip6tc are the legacy interface of the kernel, whatever
 * `iptables` is in the image. Libraries and plugins that ask for them are none: nobody knows that they are loaded.
 * @param tools those that are told already; iptables-legacy is linked so too
 * @param started files that the image's entrypoint and command start
 */
export function listLegacyPrograms(
  { binaries }: Survey,
  tools: readonly Tool[],
  started: readonly string[],
): { legacyPrograms: LegacyProgram[]; missing: Untold[] } {
  const told = new Set(tools.map(({ target }) => target));
  const found = binaries
    .filter(({ path, content }) => content.identity === undefined && !told.has(path))
    .flatMap(({ path, node, content }): LegacyProgram[] => {
      const libraries = content.needed.filter((name) => LEGACY_LIBRARY.test(name));
      if (libraries.length === 0) return [];
      const fact = `it is linked with ${libraries.join(", ")}`;
      return [{ path, libraries, started: started.includes(path), evidence: [evidence(fact, path, node)] }];
    })
    .sort((a, b) => Number(b.started) - Number(a.started));
  const further = found.length - MAX_PROGRAMS;
  const cut = { fact: `${further} more programs that are linked with libip4tc`, reason: `${MAX_PROGRAMS} are listed` };
  return { legacyPrograms: found.slice(0, MAX_PROGRAMS), missing: further > 0 ? [cut] : [] };
}
