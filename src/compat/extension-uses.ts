import type { XtExtensionsFile } from "../knowledge/schema/xt-extensions.ts";
import extensionsJson from "../knowledge/xt-extensions.json" with { type: "json" };
import type { Toolchain } from "../model/toolchain.ts";
import { rememberFor } from "./remember.ts";
import type { Cell, ImageContext } from "./types.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
export const extensionKnowledge = extensionsJson as XtExtensionsFile;

/** One match or target that the image's program uses, or may use. */
export interface ExtensionUse {
  extension: string;
  module: string;
  /** Why it isn't certain, in words that end a sentence; absent: it is. */
  condition?: string;
  source: string;
}

/** When the uses matter, as the end of a message; empty when they always do. */
export function describeConditions(uses: readonly ExtensionUse[]): string {
  const conditions = [...new Set(uses.flatMap(({ condition }) => condition ?? []))];
  return conditions.length === 0 ? "" : ` (it matters ${conditions.join(", ")})`;
}

/** The matches and targets of the image's program, those that are certain first among those of one name. */
export function extensionUses({ toolchain, image }: Cell): readonly ExtensionUse[] {
  return known(toolchain)(image, "", () => findUses(toolchain, image));
}

/** Every host asks the same of one image. */
const known = rememberFor<readonly ExtensionUse[]>();

function findUses(toolchain: Toolchain, image: ImageContext): ExtensionUse[] {
  const { profile } = image;
  if (profile?.writes?.value.length === 0) return [];
  const name = profile?.id ?? toolchain.program?.name;
  const known = extensionKnowledge.programs.find((entry) => entry.program === name);
  const stated = (profile?.writes?.value ?? []).flatMap((construct) =>
    Object.entries(extensionKnowledge.extensions)
      .filter(([, entry]) => entry.constructs?.includes(construct) === true)
      .flatMap(([extension]) => use(extension, profile?.writes?.source ?? "")),
  );
  if (known === undefined) {
    const condition = `if the program uses ${extensionKnowledge.common.extensions.join(", ")}, which is assumed`;
    const assumed = extensionKnowledge.common.extensions.flatMap((extension) =>
      use(extension, extensionKnowledge.sources.absent, condition),
    );
    return distinct([...stated, ...assumed]);
  }
  return distinct([
    ...stated,
    ...known.always.flatMap((extension) => use(extension, known.source)),
    ...known.features.flatMap(({ extensions, when }) =>
      extensions.flatMap((extension) => use(extension, known.source, `when ${when}`)),
    ),
  ]);
}

/** One use; a test sees to it that every extension that is named has an entry. */
function use(extension: string, source: string, condition?: string): ExtensionUse[] {
  const module = extensionKnowledge.extensions[extension]?.module;
  return module === undefined ? [] : [{ extension, module, source, ...(condition === undefined ? {} : { condition }) }];
}

/** What is certain stands before what isn't. */
function distinct(uses: readonly ExtensionUse[]): ExtensionUse[] {
  return uses.filter((one, i) => uses.findIndex(({ extension }) => extension === one.extension) === i);
}
