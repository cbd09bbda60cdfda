import type { Tool, Toolchain } from "../model/toolchain.ts";
import { LEGACY_LIBRARY } from "./file-names.ts";
import { evidence, type Survey } from "./survey.ts";

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
): NonNullable<Toolchain["legacyPrograms"]> {
  const told = new Set(tools.map(({ target }) => target));
  return binaries
    .filter(({ path, content }) => content.identity === undefined && !told.has(path))
    .flatMap(({ path, node, content }) => {
      const libraries = content.needed.filter((name) => LEGACY_LIBRARY.test(name));
      if (libraries.length === 0) return [];
      const fact = `it is linked with ${libraries.join(", ")}`;
      return [{ path, libraries, started: started.includes(path), evidence: [evidence(fact, path, node)] }];
    });
}
