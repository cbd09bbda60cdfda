import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);

// src/arguments.ts
import { parseArgs } from "node:util";

// src/model/choices.ts
var failLevels = ["error", "warning", "never"];

// src/model/error.ts
var UserError = class extends Error {
  name = "UserError";
  /** Where in the config the mistake is, if it is there: whoever has read the file adds its name and the line. */
  path;
  constructor(message, options = {}) {
    super(message, options);
    this.path = options.path;
  }
};
function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

// src/model/given.ts
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== void 0));
}

// src/model/limits.ts
var KIB = 2 ** 10;
var MIB = 2 ** 20;
var GIB = 2 ** 30;
var HOUR = 3600;
var LONGEST = 14 * 24 * HOUR;
var table = [
  {
    // The largest public images (machine learning, CI runners) stay below half a million files and 30 GiB.
    name: "layer-size",
    key: "layerBytes",
    unit: "size",
    standard: 32 * GIB,
    about: "Uncompressed bytes of one layer, holes of sparse files included.",
    problem: "it has more than {} uncompressed"
  },
  {
    name: "image-size",
    key: "uncompressedBytes",
    unit: "size",
    standard: 64 * GIB,
    about: "Uncompressed bytes of all layers that one reference names, each counted once; those of a compressed archive too.",
    problem: "its layers have more than {} uncompressed together"
  },
  {
    name: "layer-entries",
    key: "layerEntries",
    unit: "count",
    standard: 1e6,
    about: "Files, directories and links of one layer.",
    problem: "it has more than {} files"
  },
  {
    // One entry keeps roughly 300 bytes.
    name: "entries",
    key: "entries",
    unit: "count",
    standard: 15e5,
    about: "Files, directories and links of all layers that one reference names, each layer counted once.",
    problem: "its layers have more than {} files together"
  },
  {
    name: "tree-entries",
    key: "treeEntries",
    unit: "count",
    standard: 5e6,
    about: "Entries laid into the file trees of all platforms: a layer counts each time a platform lists it, directories that only a path names count too.",
    problem: "the file trees of its platforms have more than {} entries together"
  },
  {
    // PATH_MAX of Linux: nothing longer can be unpacked there.
    name: "path-length",
    key: "pathBytes",
    unit: "size",
    standard: 4 * KIB,
    most: MIB,
    about: "Bytes of one path.",
    problem: "a path in it is longer than {}"
  },
  {
    name: "link-length",
    key: "linkBytes",
    unit: "size",
    standard: 4 * KIB,
    most: MIB,
    about: "Bytes of the target of one link.",
    problem: "the target of a link in it is longer than {}"
  },
  {
    name: "names-size",
    key: "nameBytes",
    unit: "size",
    standard: 256 * MIB,
    about: "Bytes of all paths, link targets and extended attributes together: they are kept in memory.",
    problem: "its paths, link targets and attributes have more than {} together"
  },
  {
    name: "header-size",
    key: "headerBytes",
    unit: "size",
    standard: MIB,
    most: 64 * MIB,
    about: "Bytes of one extended tar header: PAX records, a GNU long name, the map of a sparse file.",
    problem: "an extended tar header in it is longer than {}"
  },
  {
    name: "headers-size",
    key: "headersBytes",
    unit: "size",
    standard: GIB,
    about: "Bytes of all extended tar headers of one layer or archive together.",
    problem: "its extended tar headers have more than {} together"
  },
  {
    name: "kept-size",
    key: "keptBytes",
    unit: "size",
    standard: 512 * MIB,
    about: "Bytes of what is kept in memory of the content of files: package databases, scripts, facts about programs.",
    problem: "what has to be kept of its files takes more than {}"
  },
  {
    // What the distribution registry accepts for a manifest.
    name: "document-size",
    key: "jsonBytes",
    unit: "size",
    standard: 4 * MIB,
    most: 256 * MIB,
    about: "Bytes of one JSON document: index, manifest, image config, manifest.json.",
    problem: "a JSON document has more than {}"
  },
  {
    name: "documents-size",
    key: "documentBytes",
    unit: "size",
    standard: 64 * MIB,
    about: "Bytes of all JSON documents that one reference makes us read.",
    problem: "its JSON documents have more than {} together"
  },
  {
    name: "archive-files",
    key: "members",
    unit: "count",
    standard: 1e5,
    about: "Files in one image archive.",
    problem: "it holds more than {} files"
  },
  {
    name: "manifests",
    key: "manifests",
    unit: "count",
    standard: 5e3,
    about: "Manifests that one reference names: descriptors in all its indexes, and items of manifest.json.",
    problem: "it lists more than {} manifests"
  },
  {
    name: "platforms",
    key: "platforms",
    unit: "count",
    standard: 256,
    about: "Platforms inspected for one reference, of all its images together.",
    problem: "it has more than {} platforms to inspect"
  },
  {
    // Docker stops at 127; buildah and kaniko do not.
    name: "layers",
    key: "layers",
    unit: "count",
    standard: 1024,
    about: "Layers of one platform.",
    problem: "it has more than {} layers"
  },
  {
    name: "index-depth",
    key: "indexDepth",
    unit: "count",
    standard: 8,
    most: 1e3,
    about: "Levels of index inside index.",
    problem: "its indexes are nested more than {} deep"
  },
  {
    // ELOOP of Linux: path_resolution(7). Container runtimes follow 255 while they unpack.
    name: "link-hops",
    key: "linkHops",
    unit: "count",
    standard: 40,
    most: 255,
    about: "Links followed on the way to one file while layers are laid on each other, or to one file of an archive.",
    problem: "more than {} links have to be followed, or they lead in a circle"
  },
  {
    name: "path-steps",
    key: "pathSteps",
    unit: "count",
    standard: 1e8,
    about: "Parts of paths walked through in all while the layers of one platform are laid on each other.",
    problem: "finding the places of its files takes more than {} steps"
  },
  {
    // Each frame costs tens of microseconds, whatever it holds.
    name: "zstd-frames",
    key: "frames",
    unit: "count",
    standard: 1e6,
    about: "zstd frames of one layer or archive that hold data.",
    problem: "it has more than {} zstd frames"
  },
  {
    name: "idle-time",
    key: "idleSeconds",
    unit: "time",
    standard: 60,
    most: LONGEST,
    about: "Time without a byte after which a registry's connection counts as cut and is tried again.",
    problem: "no byte came for {}"
  },
  {
    name: "request-time",
    key: "requestSeconds",
    unit: "time",
    standard: HOUR / 2,
    most: LONGEST,
    about: "Time for one request to a registry or daemon, its whole answer included.",
    problem: "one request takes more than {}"
  },
  {
    // 10 GB at 3 MB a second.
    name: "network-time",
    key: "networkSeconds",
    unit: "time",
    standard: HOUR,
    most: LONGEST,
    about: "Time for all that one reference makes us read from a registry or daemon.",
    problem: "it takes more than {}"
  },
  {
    name: "total-time",
    key: "totalSeconds",
    unit: "time",
    standard: 2 * HOUR,
    most: LONGEST,
    about: "Time for the inspection of all images together.",
    problem: "inspecting the images takes more than {}"
  }
];
var limitTable = table;
var defaultLimits = Object.freeze(
  Object.fromEntries(limitTable.map(({ key, standard }) => [key, standard]))
);
function rowOf(name) {
  const row = limitTable.find((candidate) => candidate.name === name);
  if (row === void 0) throw new Error(`no limit ${name}`);
  return row;
}
var SIZES = { TiB: 2 ** 40, GiB: GIB, MiB: MIB, KiB: KIB };
var TIMES = { h: HOUR, min: 60, s: 1 };
function formatLimit(unit, value) {
  if (unit === "count") return String(value);
  const units = Object.entries(unit === "size" ? SIZES : TIMES);
  const [name, factor] = units.find(([, size]) => value >= size && value % size === 0) ?? [
    unit === "size" ? "B" : "s",
    1
  ];
  return `${value / factor}${name}`;
}
var forms = {
  size: { pattern: /^[0-9]+(B|KiB|MiB|GiB|TiB)?$/, text: "a size in B, KiB, MiB, GiB or TiB, e.g. 20GiB" },
  count: { pattern: /^[0-9]+$/, text: "a whole number, e.g. 1000" },
  time: { pattern: /^[0-9]+(s|min|h)$/, text: "a time in s, min or h, e.g. 90s" }
};
function parseLimit(name, text) {
  const row = rowOf(name);
  const { pattern, text: form } = forms[row.unit];
  const digits = /^[0-9]{1,16}/.exec(text)?.[0];
  if (!pattern.test(text) || digits === void 0)
    throw new UserError(`${JSON.stringify(text.slice(0, 40))} is not ${form}`);
  const factors = { ...SIZES, ...TIMES };
  const value = Number(digits) * (factors[text.slice(digits.length)] ?? 1);
  const most = row.most ?? Number.MAX_SAFE_INTEGER;
  if (value < 1 || value > most)
    throw new UserError(`${text.slice(0, 40)} is out of range: 1 to ${formatLimit(row.unit, most)}`);
  return value;
}
function isLimitName(name) {
  return limitTable.some((row) => row.name === name);
}
function toReadLimits(stated) {
  return Object.fromEntries(
    limitTable.flatMap(({ name, key }) => stated[name] === void 0 ? [] : [[key, stated[name]]])
  );
}

// src/model/words.ts
function listInWords(names, conjunction = "and") {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${conjunction} ${names.at(-1)}`;
}

// src/model/suggest.ts
function distance(a, b) {
  let beforeLast = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2] + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length];
}
function suggest(written, known) {
  const wanted = written.toLowerCase().slice(0, 60);
  const allowed = wanted.length < 5 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  const scored = [];
  for (const name of known) {
    const edits = distance(wanted, name.toLowerCase());
    const contained = wanted.length >= 3 && (name.includes(wanted) || wanted.includes(name));
    if (contained || edits <= allowed) scored.push({ name, score: contained ? edits / 2 : edits });
  }
  scored.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name, "en", { numeric: true }));
  return scored.slice(0, 3).map((entry) => entry.name);
}
function didYouMean(written, known, otherwise) {
  const names = suggest(written, known);
  return names.length === 0 ? otherwise : `did you mean ${listInWords(names, "or")}?`;
}

// src/arguments.ts
var usage = `netfilter-compat: will the netfilter tools inside this image work on the hosts it is shipped to?

  netfilter-compat check IMAGE... [--hosts LIST]... [--config FILE] [--base IMAGE | --base-report FILE]...
                   [--platform P]... [--format text|json|markdown|sarif] [--output FILE]
                   [--fail-on error|warning|never] [--fail-on-unknown] [--fail-on-existing]
                   [--limit NAME=VALUE]... [--cache DIR] [--quiet]
                   [--insecure-registry HOST[:PORT]]... [--lazy]
  netfilter-compat check --toolchain FILE...     FILE is what \`inspect --format json\` printed
  netfilter-compat inspect IMAGE... [--platform P]... [--format text|json] [--output FILE]
                   [--limit NAME=VALUE]... [--cache DIR] [--quiet]
                   [--insecure-registry HOST[:PORT]]... [--lazy]
  netfilter-compat hosts [ID] [--from-nodes FILE] [--format text|json]
  netfilter-compat hosts --collect               a shell script that prints a node's facts; read-only
  netfilter-compat explain RULE

IMAGE: docker-archive:PATH  oci-archive:PATH  oci:DIR  or a path; #NAME:TAG picks one image of an archive, @DIGEST one
       of a folder. docker-daemon:NAME  docker://NAME  or a name. Or the file of docker buildx build --metadata-file.
LIST:  ids from \`netfilter-compat hosts\`, separated by commas: ubuntu-22.04, ubuntu-22.04@6.2, talos-*, default.
FILE:  config, by default .github/netfilter-compat.yml if it is there; or a report that --format json wrote.
DIR:   made when it isn't there; an image that was inspected before isn't read again.
--quiet: no progress on stderr.
--insecure-registry: may be spoken to without TLS where it has none, as registries of this machine may.
--lazy: of a registry's eStargz and zstd:chunked layers fetch what is needed. Trusts who built the image and its base: what
       the layers' tables of contents leave out is not seen, though most runtimes unpack it.
--limit: what an image may make the run read, keep and wait for; more is exit code 2. Sizes in KiB, MiB, GiB, times in s, min, h:
${listLimits()}
Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or unreadable input.
`;
function listLimits() {
  const items = limitTable.map(({ name, unit, standard }) => `${name}=${formatLimit(unit, standard)}`);
  const lines = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== void 0 && last.length + item.length < 100) lines[lines.length - 1] = `${last} ${item}`;
    else lines.push(`       ${item}`);
  }
  return lines.join("\n");
}
var readingOptions = {
  platform: { type: "string", multiple: true },
  limit: { type: "string", multiple: true },
  "insecure-registry": { type: "string", multiple: true },
  lazy: { type: "boolean" },
  cache: { type: "string" },
  quiet: { type: "boolean" }
};
var checkOptions = {
  ...readingOptions,
  hosts: { type: "string", multiple: true },
  config: { type: "string" },
  base: { type: "string", multiple: true },
  "base-report": { type: "string", multiple: true },
  format: { type: "string" },
  output: { type: "string" },
  toolchain: { type: "string", multiple: true },
  "fail-on": { type: "string" },
  "fail-on-unknown": { type: "boolean" },
  "fail-on-existing": { type: "boolean" }
};
function parseArguments(argv) {
  const [command2, ...rest] = argv;
  if (command2 === void 0 || command2 === "--help" || command2 === "-h" || command2 === "help")
    return { command: "help" };
  if (rest.includes("--help") || rest.includes("-h")) return { command: "help" };
  switch (command2) {
    case "--version":
    case "version":
      return { command: "version" };
    case "check":
      return { command: "check", options: parseCheck(rest) };
    case "inspect":
      return parseInspect(rest);
    case "hosts":
      return parseHosts(rest);
    case "explain":
      return parseExplain(rest);
    default:
      throw new UserError(`unknown command "${command2}": use check, inspect, hosts or explain (--help shows how)`);
  }
}
function parseCheck(args) {
  const { values, positionals } = parse(args, checkOptions, "check");
  const toolchains = values.toolchain ?? [];
  if (positionals.length === 0 && toolchains.length === 0) {
    throw new UserError("check: name at least one image, e.g. check docker-archive:image.tar (--help shows how)");
  }
  if (positionals.length > 0 && toolchains.length > 0) {
    throw new UserError("check: --toolchain takes the place of images: give one or the other");
  }
  const { base = [], "base-report": baseReports = [] } = values;
  if (base.length > 0 && baseReports.length > 0)
    throw new UserError("check: --base and --base-report: one of them is the base");
  return {
    images: positionals,
    toolchains,
    base,
    baseReports,
    reading: toReading(values),
    format: oneOf("--format", values.format ?? "text", ["text", "json", "markdown", "sarif"]),
    ...given({
      hosts: values.hosts?.join(","),
      config: values.config,
      output: values.output,
      failOn: values["fail-on"] === void 0 ? void 0 : oneOf("--fail-on", values["fail-on"], failLevels),
      failOnUnknown: values["fail-on-unknown"],
      failOnExisting: values["fail-on-existing"]
    })
  };
}
function toReading(values) {
  const { platform = [], limit = [], "insecure-registry": insecure = [], lazy = false, cache, quiet = false } = values;
  const registry = { insecureRegistries: insecure, lazy };
  const others = { quiet, ...given({ cache }) };
  return { platforms: platform.flatMap((list) => list.split(",")), limits: parseLimits(limit), ...registry, ...others };
}
function parseInspect(args) {
  const { format, output } = checkOptions;
  const { values, positionals } = parse(args, { ...readingOptions, format, output }, "inspect");
  if (positionals.length === 0) throw new UserError("inspect: name at least one image (--help shows how)");
  return {
    command: "inspect",
    images: positionals,
    reading: toReading(values),
    format: oneOf("--format", values.format ?? "text", ["text", "json"]),
    ...given({ output: values.output })
  };
}
function parseLimits(options) {
  const stated = {};
  for (const option of options) {
    const equals = option.indexOf("=");
    const name = equals < 0 ? option : option.slice(0, equals);
    const names = limitTable.map((row) => row.name);
    if (!isLimitName(name))
      throw new UserError(`--limit: there is no limit "${name}"; ${didYouMean(name, names, "--help lists them")}`);
    if (equals < 0) throw new UserError(`--limit ${name}: say what it should be: --limit ${name}=VALUE`);
    try {
      stated[name] = parseLimit(name, option.slice(equals + 1));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`--limit ${name}: ${error.message}`);
      throw error;
    }
  }
  return toReadLimits(stated);
}
function parseHosts(args) {
  const { values, positionals } = parse(
    args,
    { "from-nodes": { type: "string" }, collect: { type: "boolean" }, format: { type: "string" } },
    "hosts"
  );
  const [id, extra] = positionals;
  if (extra !== void 0) throw new UserError(`hosts: one id at a time, "${extra}" is one too many`);
  const nodes = values["from-nodes"];
  if (id !== void 0 && nodes !== void 0) throw new UserError("hosts: give an id or --from-nodes, not both");
  const collect = values.collect === true;
  if (collect && (id !== void 0 || nodes !== void 0 || values.format !== void 0))
    throw new UserError("hosts: --collect prints a script and takes nothing beside it");
  return {
    command: "hosts",
    ...collect ? { collect } : {},
    format: oneOf("--format", values.format ?? "text", ["text", "json"]),
    ...given({ id, nodes })
  };
}
function parseExplain(args) {
  const { positionals } = parse(args, {}, "explain");
  const [rule, extra] = positionals;
  if (rule === void 0 || extra !== void 0)
    throw new UserError("explain: name one rule, e.g. explain nft-newer-writer");
  return { command: "explain", rule };
}
function parse(args, options, command2) {
  const parsed = parseStrictly(args, options, command2);
  const seen = /* @__PURE__ */ new Set();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    if (token.value === "") throw new UserError(`--${token.name}: is empty; leave it out or say what it should be`);
    const { type, multiple } = options[token.name] ?? {};
    if (type === "string" && multiple !== true && seen.has(token.name))
      throw new UserError(`${command2}: --${token.name} is given twice: leave one of them out`);
    seen.add(token.name);
  }
  return parsed;
}
function parseStrictly(args, options, command2) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    const text = messageOf(error);
    const unknown = /^Unknown option '--([^']+)'/.exec(text)?.[1];
    const names = Object.keys(options).map((name) => `--${name}`);
    if (unknown !== void 0)
      throw new UserError(
        `${command2}: there is no option --${unknown}; ${didYouMean(`--${unknown}`, names, "--help shows them all")}`
      );
    throw new UserError(`${command2}: ${text.split(". ")[0]} (--help shows the options)`);
  }
}
function oneOf(option, value, allowed) {
  const found = allowed.find((item) => item === value);
  if (found === void 0) throw new UserError(`${option} ${value}: use ${allowed.join(", ")}`);
  return found;
}

// src/version.ts
var tool = {
  name: "netfilter-compat",
  version: true ? "0.1.0" : "development"
};

// src/start.ts
function answerAtOnce(command2) {
  if (command2 === "version") return `${tool.name} ${tool.version}
`;
  return command2 === "help" ? usage : void 0;
}
function commandOf(args) {
  try {
    return parseArguments(args).command;
  } catch {
    return void 0;
  }
}
var NODE = 24;
function refuseOldNode() {
  const hint = `in a checkout, "node scripts/node24.mjs dist/cli.js" fetches it`;
  process.stderr.write(`${tool.name}: needs Node ${NODE} or later, and this is ${process.versions.node}; ${hint}
`);
  process.exitCode = 2;
}
process.stdout.on("error", () => {
});
var command = commandOf(process.argv.slice(2));
var answer = answerAtOnce(command);
if (answer !== void 0) process.stdout.write(answer);
else if (Number.parseInt(process.versions.node, 10) < NODE) refuseOldNode();
else if (command === "inspect") await import("./inspect.js");
else await import("./commands.js");
