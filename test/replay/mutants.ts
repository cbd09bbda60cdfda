import type { Defect } from "../../src/knowledge/schema/defects.ts";
import type { EncodingsFile } from "../../src/knowledge/schema/encodings.ts";
import type { IpsetFile } from "../../src/knowledge/schema/ipset.ts";
import type { NftUserdataFile } from "../../src/knowledge/schema/nft-userdata.ts";
import type { Requirement } from "../../src/knowledge/schema/requirements.ts";
import type { XtExtensionsFile } from "../../src/knowledge/schema/xt-extensions.ts";

/** The engine's knowledge, and every way of leaving one entry out of it. */

export interface Knowledge {
  defects: Defect[];
  encodings: EncodingsFile;
  ipset: IpsetFile;
  userdata: NftUserdataFile;
  requirements: Requirement[];
  extensions: XtExtensionsFile;
}

export interface Mutant {
  /** Which entry is missing: `defects: iptables-1.8.4-notrack`. */
  name: string;
  /** Takes it out, in place. */
  remove(knowledge: Knowledge): void;
}

/** One mutant for each item of a list. */
function without<Item>(
  what: string,
  list: readonly Item[],
  nameOf: (item: Item, index: number) => string,
  find: (knowledge: Knowledge) => Item[],
): Mutant[] {
  return list.map((item, index) => ({
    name: `${what}: ${nameOf(item, index)}`,
    remove: (knowledge) => void find(knowledge).splice(index, 1),
  }));
}

/** One mutant for each key of a record. */
function withoutKey(
  what: string,
  record: Readonly<Record<string, unknown>>,
  find: (knowledge: Knowledge) => Record<string, unknown>,
): Mutant[] {
  return Object.keys(record).map((key) => ({
    name: `${what}: ${key}`,
    remove: (knowledge) => void delete find(knowledge)[key],
  }));
}

const range = ({ min = "", max = "" }: { min?: string | undefined; max?: string | undefined }) => `${min}..${max}`;
const itself = (item: string) => item;

/** Without the entries and effects of encodings.json that the laboratory's cells are for. */
export function mutantsOf(knowledge: Knowledge): Mutant[] {
  const { defects, encodings, ipset, userdata, requirements, extensions } = knowledge;
  return [
    ...without(
      "defects",
      defects,
      ({ id }) => id,
      (all) => all.defects,
    ),
    ...defects.flatMap(({ id, except = [] }, at) =>
      without(
        `defects: ${id}: except`,
        except,
        ({ marker }) => marker,
        (all) => all.defects[at]?.except ?? [],
      ),
    ),
    ...without(
      "encodings: backports",
      encodings.backports,
      ({ encoding }) => encoding,
      (all) => all.encodings.backports,
    ),
    ...without(
      "ipset: kernels",
      ipset.kernels,
      ({ series }) => range(series),
      (all) => all.ipset.kernels,
    ),
    ...ipset.kernels.flatMap(({ series, max }, at) =>
      withoutKey(`ipset: kernels ${range(series)}`, max, (all) => all.ipset.kernels[at]?.max ?? {}),
    ),
    ...without(
      "ipset: tools",
      ipset.tools,
      ({ versions }) => range(versions),
      (all) => all.ipset.tools,
    ),
    ...ipset.tools.flatMap(({ versions, max }, at) =>
      withoutKey(`ipset: tools ${range(versions)}`, max, (all) => all.ipset.tools[at]?.max ?? {}),
    ),
    ...without("nft-userdata: good", userdata.good, itself, (all) => all.userdata.good),
    ...without(
      "nft-userdata: repaired builds",
      userdata.repairedBuilds,
      ({ program }) => program,
      (all) => all.userdata.repairedBuilds,
    ),
    ...without(
      "nft-userdata: set makers",
      userdata.setMakers,
      ({ program }) => program,
      (all) => all.userdata.setMakers,
    ),
    ...without(
      "nft-userdata: listers",
      userdata.listers,
      ({ module }) => module,
      (all) => all.userdata.listers,
    ),
    ...without(
      "requirements",
      requirements,
      ({ id }) => id,
      (all) => all.requirements,
    ),
    ...withoutKey("xt-extensions", extensions.extensions, (all) => all.extensions.extensions),
    ...without(
      "xt-extensions: common",
      extensions.common.extensions,
      itself,
      (all) => all.extensions.common.extensions,
    ),
    ...without(
      "xt-extensions: programs",
      extensions.programs,
      ({ program }) => program,
      (all) => all.extensions.programs,
    ),
    ...extensions.programs.flatMap(({ program, always, features }, at) => [
      ...without(`xt-extensions: ${program}`, always, itself, (all) => all.extensions.programs[at]?.always ?? []),
      ...features.flatMap(({ extensions: used, when }, place) =>
        without(
          `xt-extensions: ${program} when ${when}`,
          used,
          itself,
          (all) => all.extensions.programs[at]?.features[place]?.extensions ?? [],
        ),
      ),
    ]),
  ];
}
