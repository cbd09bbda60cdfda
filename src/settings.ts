import { resolve } from "node:path";
import type { HostWithPrograms } from "./compat/engine.ts";
import type { Policy } from "./compat/policy.ts";
import type { ImageContext } from "./compat/types.ts";
import { type LocatedConfig, limitsOf, maximumConfigSize, readLocatedConfig } from "./config/read.ts";
import type { Config, ConfigHost } from "./config/schema.ts";
import { decodeText, readBounded, readIfThere, readJson } from "./files/read-bounded.ts";
import { catalogue } from "./hosts/catalogue.ts";
import {
  checkProgramName,
  checkProgramOption,
  defaultPrograms,
  findProfile,
  profileOfVersion,
  resolvePrograms,
} from "./hosts/programs.ts";
import { selectHosts } from "./hosts/select.ts";
import type { HostEntry, OwnHost } from "./hosts/types.ts";
import { atPath, type ConfigPath, UserError } from "./model/error.ts";
import { given } from "./model/given.ts";
import { globMatches, globOfImage } from "./model/glob.ts";
import type { ReadLimits } from "./model/limits.ts";
import { ruleIds } from "./model/rule-ids.ts";
import { didYouMean } from "./model/suggest.ts";
import type { Toolchain } from "./model/toolchain.ts";

/** Where the config is looked for when nobody names one. */
export const defaultConfigFile = ".github/netfilter-compat.yml";

/** Bytes of a nodes file: a cluster of some thousand nodes. */
const maximumNodesSize = 64 * 1024 * 1024;

/** Bytes of a file of facts: the script prints about 3,000. */
const maximumFactsSize = 64 * 1024;

/** All that is not the image: hosts with their programs, and what the user decided. */
export interface Settings {
  config: Config;
  hosts: HostWithPrograms[];
  policy: Policy;
  /** Where they differ from the default ones. */
  limits: Partial<ReadLimits>;
  notes: string[];
  /** `file:line` of a part of the config. */
  line: LocatedConfig["line"];
}

/**
 * Config and selection resolved against the catalogue.
 * @param options.folder relative paths start here
 * @param options.hosts selection from the command line or the Action's input; it takes the place of the config's
 * @param options.limits of the command line; each takes the place of the config's
 * @param options.today `YYYY-MM-DD`
 * @throws UserError with file, line and field where the config is wrong
 */
export function resolveSettings(options: {
  folder: string;
  configFile?: string;
  hosts?: readonly string[];
  limits?: Partial<ReadLimits>;
  today: string;
}): Settings {
  const located = loadConfig(options.folder, options.configFile);
  const { config, place, line } = located;
  return withPlace(place, () => {
    checkRuleNames(config);
    checkImagePrograms(config);
    checkImageOptions(config);
    const listed = (config.hosts ?? []).map((entry, index): ConfigHost | OwnHost =>
      isOwn(entry) ? { ...entry, at: ["hosts", index] } : entry,
    );
    const entries =
      options.hosts ?? listed.map((entry, index) => atPath(["hosts", index], () => toHostEntry(entry, options.folder)));
    const at = options.hosts === undefined ? ["hosts"] : undefined;
    const selection = selectHosts(entries, catalogue, listed.filter(isOwn), at);
    const programs =
      config.programs === undefined ? defaultPrograms() : resolvePrograms(config.programs, "config", ["programs"]);
    return {
      config,
      hosts: selection.hosts.map((host) => ({ host, programs: host.programs ?? programs })),
      policy: {
        severity: config.severity ?? {},
        ignore: (config.ignore ?? []).map((entry, index) => ({
          ...given(entry),
          place: line(["ignore", index]),
        })),
        today: options.today,
      },
      limits: { ...limitsOf(config), ...options.limits },
      notes: [...selection.notes, ...unusedHosts(options, located)],
      line,
    };
  });
}

/** A sentence when hosts of the file count for nothing; own ones are there to be named. */
function unusedHosts(options: { hosts?: readonly string[] }, { config, line }: LocatedConfig): string[] {
  const first = config.hosts?.findIndex((entry) => !isOwn(entry)) ?? -1;
  if (options.hosts === undefined || first < 0) return [];
  return [`${line(["hosts", first])}: hosts of the file are not used: the run names its own`];
}

/** Says of a mistake that somebody found in the config in which line it is. */
function withPlace<T>(place: LocatedConfig["place"], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError) || error.path === undefined) throw error;
    // Who found it named the field in general terms: the place says it better.
    const message = error.message.replace(/^(hosts|config): /, "");
    throw new UserError(`${place(error.path)}: ${message}`, { cause: error });
  }
}

function loadConfig(folder: string, named: string | undefined): LocatedConfig {
  const file = named ?? defaultConfigFile;
  const bytes = readIfThere({ path: resolve(folder, file), shown: file, limit: maximumConfigSize, what: "a config" });
  if (bytes !== undefined) return readLocatedConfig(decodeText(bytes, file), file);
  if (named === undefined) return { config: {}, place: () => file, line: () => file };
  throw new UserError(`${file}: there is no such file: name an existing config file`);
}

function isOwn(entry: ConfigHost | OwnHost): entry is OwnHost {
  return typeof entry === "object" && "id" in entry;
}

/** Whoever writes the config in `.github` may think of paths from there. */
const fromRoot = "; paths begin at the repository's root (where the check runs), not at the config file";

function toHostEntry(entry: ConfigHost | OwnHost, folder: string): HostEntry {
  if (typeof entry === "string" || "id" in entry) return entry;
  return "facts" in entry ? readFactsFile(entry.facts, folder) : readNodesFile(entry.nodes, folder, fromRoot);
}

/**
 * Reads what `kubectl get nodes -o json` printed.
 * @param whereFrom said when the file isn't there
 * @throws UserError when the file is unreadable or not JSON
 */
export function readNodesFile(file: string, folder: string, whereFrom = ""): HostEntry {
  const { value } = readJson({
    path: resolve(folder, file),
    shown: file,
    limit: maximumNodesSize,
    what: "a list of nodes",
    whereFrom,
  });
  return { nodes: value, from: file };
}

/** What the script that `hosts --collect` prints wrote on one node. */
function readFactsFile(file: string, folder: string): HostEntry {
  const bytes = readBounded({
    path: resolve(folder, file),
    shown: file,
    limit: maximumFactsSize,
    what: "a file of facts",
    whereFrom: fromRoot,
  });
  return { facts: decodeText(bytes, file), from: file };
}

function checkRuleNames(config: Config): void {
  const named: [name: string, path: ConfigPath][] = [
    ...Object.keys(config.severity ?? {}).map((name): [string, ConfigPath] => [name, ["severity", name]]),
    ...(config.ignore ?? []).flatMap(({ rule }, index): [string, ConfigPath][] =>
      rule === undefined ? [] : [[rule, ["ignore", index, "rule"]]],
    ),
  ];
  for (const [name, path] of named) {
    if ((ruleIds as readonly string[]).includes(name)) continue;
    throw new UserError(`there is no rule "${name}"; ${didYouMean(name, ruleIds, "see docs/rules")}`, { path });
  }
}

/** Here, not where an entry first fits: a mistake is one whatever the image. */
function checkImagePrograms(config: Config): void {
  config.images?.forEach(({ program }, index) => {
    if (program !== undefined) atPath(["images", index, "program"], () => checkProgramName(program));
  });
}

/** A misspelt option would be one that nobody has, and its mode the usual one. */
function checkImageOptions(config: Config): void {
  config.images?.forEach(({ options = {} }, index) => {
    for (const [name, value] of Object.entries(options))
      atPath(["images", index, "options", name], () => checkProgramOption(name, String(value)));
  });
}

/** A sentence for each `images` entry that fits none of the images: what it states then counts for nothing. */
export function unusedImageEntries(
  { config, line }: Pick<Settings, "config" | "line">,
  references: readonly string[],
): string[] {
  return (config.images ?? []).flatMap(({ match }, index) =>
    references.some((reference) => globMatches(match, reference))
      ? []
      : [`${line(["images", index])}: images entry "${match}" fits none of the checked images`],
  );
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** How the image runs: what its files say, completed and overridden by the first matching `images` entry. */
export function contextOf(config: Config, reference: string, toolchain: Toolchain): ImageContext {
  const entry = config.images?.find((candidate) => globMatches(candidate.match, reference));
  const named = entry?.program;
  const { program, otherProgram } = toolchain;
  const contextFor = (name: string, found: string | null): ImageContext => {
    const [id = "", version] = name.split("@", 2);
    const profile = findProfile(id);
    return {
      ...(profile === undefined ? {} : { profile: profileOfVersion(profile, version ?? found) }),
      match: globOfImage(reference),
      environment: { ...toolchain.environment, ...entry?.env },
      ...(entry?.options === undefined ? {} : { options: mapValues(entry.options, String) }),
      network: entry?.network ?? profile?.network?.value ?? "host",
      modules: entry?.modules ?? "unknown",
      ...(entry?.tools === undefined ? {} : { tools: entry.tools }),
      ...(entry?.user === undefined ? {} : { user: entry.user }),
    };
  };
  const image = contextFor(named ?? program?.name ?? "", program?.version ?? null);
  if (named !== undefined || otherProgram === undefined) return image;
  return { ...image, otherwise: contextFor(otherProgram.name, otherProgram.version) };
}
