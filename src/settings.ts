import { resolve } from "node:path";
import type { HostWithPrograms } from "./compat/engine.ts";
import type { Policy } from "./compat/policy.ts";
import type { ImageContext } from "./compat/types.ts";
import { limitsOf, maximumConfigSize, readConfig } from "./config/read.ts";
import type { Config, ConfigHost } from "./config/schema.ts";
import { readBounded, readIfThere, readJson } from "./files/read-bounded.ts";
import { catalogue } from "./hosts/catalogue.ts";
import { defaultPrograms, findProfile, profileOfVersion, resolveProgram, resolvePrograms } from "./hosts/programs.ts";
import { selectHosts } from "./hosts/select.ts";
import { didYouMean } from "./hosts/suggest.ts";
import type { HostEntry } from "./hosts/types.ts";
import { UserError } from "./model/error.ts";
import { globMatches } from "./model/glob.ts";
import type { ReadLimits } from "./model/limits.ts";
import { ruleIds } from "./model/rule-ids.ts";
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
  const config = loadConfig(options.folder, options.configFile);
  checkRuleNames(config, options.configFile ?? defaultConfigFile);
  checkImagePrograms(config, options.configFile ?? defaultConfigFile);
  const own = (config.hosts ?? []).filter((entry) => typeof entry === "object" && "id" in entry);
  const entries = options.hosts ?? (config.hosts ?? []).map((entry) => toHostEntry(entry, options.folder));
  const selection = selectHosts(entries, catalogue, own);
  const programs = config.programs === undefined ? defaultPrograms() : resolvePrograms(config.programs);
  return {
    config,
    hosts: selection.hosts.map((host) => ({ host, programs: host.programs ?? programs })),
    policy: {
      severity: config.severity ?? {},
      ignore: (config.ignore ?? []).map(withoutUndefined),
      today: options.today,
    },
    limits: { ...limitsOf(config), ...options.limits },
    notes: selection.notes,
  };
}

function loadConfig(folder: string, named: string | undefined): Config {
  const file = named ?? defaultConfigFile;
  const bytes = readIfThere({ path: resolve(folder, file), shown: file, limit: maximumConfigSize, what: "a config" });
  if (bytes !== undefined) return readConfig(bytes.toString("utf8"), file);
  if (named === undefined) return {};
  throw new UserError(`${file}: there is no such file: name an existing config file`);
}

function toHostEntry(entry: ConfigHost, folder: string): HostEntry {
  if (typeof entry === "string" || "id" in entry) return entry;
  return "facts" in entry ? readFactsFile(entry.facts, folder) : readNodesFile(entry.nodes, folder);
}

/**
 * Reads what `kubectl get nodes -o json` printed.
 * @throws UserError when the file is unreadable or not JSON
 */
export function readNodesFile(file: string, folder: string): HostEntry {
  const { value } = readJson({
    path: resolve(folder, file),
    shown: file,
    limit: maximumNodesSize,
    what: "a list of nodes",
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
  });
  return { facts: bytes.toString("utf8"), from: file };
}

function checkRuleNames(config: Config, file: string): void {
  const named = [...Object.keys(config.severity ?? {}), ...(config.ignore ?? []).flatMap((entry) => entry.rule ?? [])];
  for (const name of named) {
    if ((ruleIds as readonly string[]).includes(name)) continue;
    throw new UserError(`${file}: there is no rule "${name}"; ${didYouMean(name, ruleIds, "see docs/rules")}`);
  }
}

/** Here, not where an entry first fits: a mistake is one whatever the image. */
function checkImagePrograms(config: Config, file: string): void {
  for (const { match, program } of config.images ?? []) {
    if (program === undefined) continue;
    try {
      resolveProgram(program);
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${file}: images: ${match}: ${error.message}`);
      throw error;
    }
  }
}

/** A sentence for each `images` entry that fits none of the images: what it states then counts for nothing. */
export function unusedImageEntries(config: Config, references: readonly string[]): string[] {
  return (config.images ?? [])
    .filter((entry) => !references.some((reference) => globMatches(entry.match, reference)))
    .map((entry) => `The config's images entry "${entry.match}" fits none of the checked images.`);
}

/** How the image runs: what its files say, completed and overridden by the first matching `images` entry. */
export function contextOf(config: Config, reference: string, toolchain: Toolchain): ImageContext {
  const entry = config.images?.find((candidate) => globMatches(candidate.match, reference));
  const named = entry?.program;
  const [id = "", version] = (named ?? toolchain.program?.name ?? "").split("@", 2);
  const profile = findProfile(id);
  return {
    ...(profile === undefined
      ? {}
      : { profile: profileOfVersion(profile, version ?? toolchain.program?.version ?? null) }),
    environment: { ...toolchain.environment, ...entry?.env },
    network: entry?.network ?? "host",
    modules: entry?.modules ?? "unknown",
  };
}

/** Optional fields that are absent instead of undefined. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
