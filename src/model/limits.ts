import { LimitError, UserError } from "./error.ts";

/**
 * Bounds on what an image, and the servers that give it, may make us read, keep and wait for. An image comes from a pull
 * request, so every size in it is a claim. One table: the config's schema, its docs page, `--help`, the messages and the
 * code that counts all come from here. Exceeding a limit ends the run; nothing is ever left out because of one.
 */

/** What a limit counts: bytes, things, or seconds. */
export type LimitUnit = "size" | "count" | "time";

interface LimitRow {
  /** In the config and for `--limit`. */
  name: string;
  /** In the code. */
  key: string;
  unit: LimitUnit;
  /** Bytes, a number, or seconds. */
  standard: number;
  /** The largest value that makes sense; none when absent. */
  most?: number;
  /** For docs and schema. */
  about: string;
  /** What a message says; `{}` stands for the limit. */
  problem: string;
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const HOUR = 3600;
/** Timers of Node end at 2^31 milliseconds, 24 days. */
const LONGEST = 14 * 24 * HOUR;

const table = [
  {
    // The largest public images (machine learning, CI runners) stay below half a million files and 30 GiB.
    name: "layer-size",
    key: "layerBytes",
    unit: "size",
    standard: 32 * GIB,
    about: "Uncompressed bytes of one layer, holes of sparse files included.",
    problem: "it has more than {} uncompressed",
  },
  {
    name: "image-size",
    key: "uncompressedBytes",
    unit: "size",
    standard: 64 * GIB,
    about:
      "Uncompressed bytes of all layers that one reference names, each counted once; those of a compressed archive too.",
    problem: "its layers have more than {} uncompressed together",
  },
  {
    name: "layer-entries",
    key: "layerEntries",
    unit: "count",
    standard: 1_000_000,
    about: "Files, directories and links of one layer.",
    problem: "it has more than {} files",
  },
  {
    // One entry keeps roughly 300 bytes.
    name: "entries",
    key: "entries",
    unit: "count",
    standard: 1_500_000,
    about: "Files, directories and links of all layers that one reference names, each layer counted once.",
    problem: "its layers have more than {} files together",
  },
  {
    name: "tree-entries",
    key: "treeEntries",
    unit: "count",
    standard: 5_000_000,
    about:
      "Entries laid into the file trees of all platforms: a layer counts each time a platform lists it, directories that only a path names count too.",
    problem: "the file trees of its platforms have more than {} entries together",
  },
  {
    // PATH_MAX of Linux: nothing longer can be unpacked there.
    name: "path-length",
    key: "pathBytes",
    unit: "size",
    standard: 4 * KIB,
    most: MIB,
    about: "Bytes of one path.",
    problem: "a path in it is longer than {}",
  },
  {
    name: "link-length",
    key: "linkBytes",
    unit: "size",
    standard: 4 * KIB,
    most: MIB,
    about: "Bytes of the target of one link.",
    problem: "the target of a link in it is longer than {}",
  },
  {
    name: "names-size",
    key: "nameBytes",
    unit: "size",
    standard: 256 * MIB,
    about: "Bytes of all paths, link targets and extended attributes together: they are kept in memory.",
    problem: "its paths, link targets and attributes have more than {} together",
  },
  {
    name: "header-size",
    key: "headerBytes",
    unit: "size",
    standard: MIB,
    most: 64 * MIB,
    about: "Bytes of one extended tar header: PAX records, a GNU long name, the map of a sparse file.",
    problem: "an extended tar header in it is longer than {}",
  },
  {
    name: "headers-size",
    key: "headersBytes",
    unit: "size",
    standard: GIB,
    about: "Bytes of all extended tar headers of one layer or archive together.",
    problem: "its extended tar headers have more than {} together",
  },
  {
    name: "kept-size",
    key: "keptBytes",
    unit: "size",
    standard: 512 * MIB,
    about: "Bytes of what is kept in memory of the content of files: package databases, scripts, facts about programs.",
    problem: "what has to be kept of its files takes more than {}",
  },
  {
    // What the distribution registry accepts for a manifest.
    name: "document-size",
    key: "jsonBytes",
    unit: "size",
    standard: 4 * MIB,
    most: 256 * MIB,
    about: "Bytes of one JSON document: index, manifest, image config, manifest.json.",
    problem: "a JSON document has more than {}",
  },
  {
    name: "documents-size",
    key: "documentBytes",
    unit: "size",
    standard: 64 * MIB,
    about: "Bytes of all JSON documents that one reference makes us read.",
    problem: "its JSON documents have more than {} together",
  },
  {
    name: "archive-files",
    key: "members",
    unit: "count",
    standard: 100_000,
    about: "Files in one image archive.",
    problem: "it holds more than {} files",
  },
  {
    name: "manifests",
    key: "manifests",
    unit: "count",
    standard: 5000,
    about: "Manifests that one reference names: descriptors in all its indexes, and items of manifest.json.",
    problem: "it lists more than {} manifests",
  },
  {
    name: "platforms",
    key: "platforms",
    unit: "count",
    standard: 256,
    about: "Platforms inspected for one reference, of all its images together.",
    problem: "it has more than {} platforms to inspect",
  },
  {
    // Docker stops at 127; buildah and kaniko do not.
    name: "layers",
    key: "layers",
    unit: "count",
    standard: 1024,
    about: "Layers of one platform.",
    problem: "it has more than {} layers",
  },
  {
    name: "index-depth",
    key: "indexDepth",
    unit: "count",
    standard: 8,
    most: 1000,
    about: "Levels of index inside index.",
    problem: "its indexes are nested more than {} deep",
  },
  {
    // ELOOP of Linux: path_resolution(7). Container runtimes follow 255 while they unpack.
    name: "link-hops",
    key: "linkHops",
    unit: "count",
    standard: 40,
    most: 255,
    about: "Links followed on the way to one file while layers are laid on each other, or to one file of an archive.",
    problem: "more than {} links have to be followed, or they lead in a circle",
  },
  {
    name: "path-steps",
    key: "pathSteps",
    unit: "count",
    standard: 100_000_000,
    about: "Parts of paths walked through in all while the layers of one platform are laid on each other.",
    problem: "finding the places of its files takes more than {} steps",
  },
  {
    // Each frame costs tens of microseconds, whatever it holds.
    name: "zstd-frames",
    key: "frames",
    unit: "count",
    standard: 1_000_000,
    about: "zstd frames of one layer or archive that hold data.",
    problem: "it has more than {} zstd frames",
  },
  {
    name: "idle-time",
    key: "idleSeconds",
    unit: "time",
    standard: 60,
    most: LONGEST,
    about: "Time without a byte after which a registry's connection counts as cut and is tried again.",
    problem: "no byte came for {}",
  },
  {
    name: "request-time",
    key: "requestSeconds",
    unit: "time",
    standard: HOUR / 2,
    most: LONGEST,
    about: "Time for one request to a registry or daemon, its whole answer included.",
    problem: "one request takes more than {}",
  },
  {
    // 10 GB at 3 MB a second.
    name: "network-time",
    key: "networkSeconds",
    unit: "time",
    standard: HOUR,
    most: LONGEST,
    about: "Time for all that one reference makes us read from a registry or daemon.",
    problem: "it takes more than {}",
  },
  {
    name: "total-time",
    key: "totalSeconds",
    unit: "time",
    standard: 2 * HOUR,
    most: LONGEST,
    about: "Time for the inspection of all images together.",
    problem: "inspecting the images takes more than {}",
  },
] as const satisfies readonly LimitRow[];

export type LimitName = (typeof table)[number]["name"];
type LimitKey = (typeof table)[number]["key"];

/** Every limit in its base unit: bytes, a number, or seconds. */
export type ReadLimits = Record<LimitKey, number>;

/** The table, in the order of the docs. */
export const limitTable: readonly (LimitRow & { name: LimitName; key: LimitKey })[] = table;

/** What counts where nothing else is said. */
export const defaultLimits: Readonly<ReadLimits> = Object.freeze(
  Object.fromEntries(limitTable.map(({ key, standard }) => [key, standard])) as ReadLimits,
);

function rowOf(name: LimitName): (typeof limitTable)[number] {
  const row = limitTable.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`no limit ${name}`);
  return row;
}

/**
 * The error for a limit that is exceeded.
 * @param where what exceeded it, in front of the message: `layer sha256:...`; nothing when the caller adds it later
 */
export function exceeded(name: LimitName, limits: Pick<ReadLimits, LimitKey>, where = ""): LimitError {
  const row = rowOf(name);
  const value = limits[row.key];
  const problem = row.problem.replace("{}", formatLimit(row.unit, value));
  const double = Math.min(value * 2, row.most ?? Number.MAX_SAFE_INTEGER);
  const hint =
    double > value
      ? `if that is meant, raise the limit: --limit ${name}=${formatLimit(row.unit, double)}, or limits in the config file`
      : `the limit ${name} can't be raised further`;
  return new LimitError(`${where === "" ? "" : `${where}: `}${problem}; ${hint}`, name);
}

const SIZES = { TiB: 2 ** 40, GiB: GIB, MiB: MIB, KiB: KIB } as const;
const TIMES = { h: HOUR, min: 60, s: 1 } as const;

/** `32GiB`, `1000000`, `30min`: as it is written in the config. */
export function formatLimit(unit: LimitUnit, value: number): string {
  if (unit === "count") return String(value);
  const units = Object.entries(unit === "size" ? SIZES : TIMES);
  const [name, factor] = units.find(([, size]) => value >= size && value % size === 0) ?? [
    unit === "size" ? "B" : "s",
    1,
  ];
  return `${value / factor}${name}`;
}

const forms: Record<LimitUnit, { pattern: RegExp; text: string }> = {
  size: { pattern: /^[0-9]+(B|KiB|MiB|GiB|TiB)?$/, text: "a size in B, KiB, MiB, GiB or TiB, e.g. 20GiB" },
  count: { pattern: /^[0-9]+$/, text: "a whole number, e.g. 1000" },
  time: { pattern: /^[0-9]+(s|min|h)$/, text: "a time in s, min or h, e.g. 90s" },
};

/** How a value of a unit is written: for the schema, and in words for messages. */
export function limitForm(unit: LimitUnit): { pattern: RegExp; text: string } {
  return forms[unit];
}

/**
 * Reads a value as the config and the command line have it.
 * @throws UserError that says what a value looks like, without the place where it stands
 */
export function parseLimit(name: LimitName, text: string): number {
  const row = rowOf(name);
  const { pattern, text: form } = forms[row.unit];
  const digits = /^[0-9]{1,16}/.exec(text)?.[0];
  if (!pattern.test(text) || digits === undefined)
    throw new UserError(`${JSON.stringify(text.slice(0, 40))} is not ${form}`);
  const factors: Record<string, number> = { ...SIZES, ...TIMES };
  const value = Number(digits) * (factors[text.slice(digits.length)] ?? 1);
  const most = row.most ?? Number.MAX_SAFE_INTEGER;
  if (value < 1 || value > most)
    throw new UserError(`${text.slice(0, 40)} is out of range: 1 to ${formatLimit(row.unit, most)}`);
  return value;
}

/** True for names of the table. */
export function isLimitName(name: string): name is LimitName {
  return limitTable.some((row) => row.name === name);
}

/** Limits as somebody stated them, by name -> by key. */
export function toReadLimits(stated: Partial<Record<LimitName, number>>): Partial<ReadLimits> {
  return Object.fromEntries(
    limitTable.flatMap(({ name, key }) => (stated[name] === undefined ? [] : [[key, stated[name]]])),
  ) as Partial<ReadLimits>;
}
