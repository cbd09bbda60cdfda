import { basename, dirname } from "node:path/posix";
import { backendOf, isHarmless } from "./backend-names.ts";
import { leavesContainer } from "./host-exec.ts";
import { followCalls } from "./shell-calls.ts";
import { type Certainty, readCommands, type ScriptCommand } from "./shell-script.ts";
import { programWords } from "./start-command.ts";
import { isShell } from "./starters.ts";

/**
 * What a start script does about the backend of iptables besides running `iptables`: commands that name one, alternatives and
 * links that it sets, and the scripts that may do so in its place.
 */
export type BackendUse = RunUse | AlternativeUse | LinkUse | CallUse;

interface Use {
  certainty: Certainty;
  /** The words of the command. */
  line: string;
}

/** `iptables-legacy -t nat -A ...`: it changes rules, or may do so. */
export interface RunUse extends Use {
  kind: "run";
  /** As written; of a multi-call binary the name of the applet with its backend. */
  command: string;
  /** Where the command is looked for. */
  path: string;
}

/** `update-alternatives --set iptables /usr/sbin/iptables-legacy`. */
export interface AlternativeUse extends Use {
  kind: "alternative";
  tool: string;
  name: string;
  /** Absent for `--auto`. */
  target?: string;
  /** Of `--install`. */
  priority?: number;
}

/** `ln -sf /sbin/xtables-legacy-multi /sbin/iptables`; also a copy. */
export interface LinkUse extends Use {
  kind: "link";
  /** Absent where the text does not tell which of them: it may be any. */
  name?: string;
  /** Absent where the text does not tell. */
  folder?: string;
  target?: string;
  isCopy: boolean;
}

/** Another script, or the arguments of this one: `exec "$@"`. */
export interface CallUse extends Use {
  kind: "call";
  words: string[];
}

const MAX_USES = 48;
const MAX_CALLS = 24;
const MAX_LINE = 200;
const MAX_CALL_WORDS = 12;
const MAX_TEXTS = 3;

/** Commands whose links and alternatives decide which backend runs. */
const COMMANDS = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);
const NAMED = /^ip6?tables-(?:legacy|nft)(?:-save|-restore)?$/;
const MULTI = /^xtables-(legacy|nft)-multi$/;
/** Commands that are no script of an image, besides those that run nothing at all. */
const USUAL = /^(?:cd|set|ip|tc|ss|find|xargs|command|apk|apt-get|yum|dnf|curl|wget|env)$/;

/** @param text of the script, or what stands behind `sh -c` */
export function readBackendUses(text: string): BackendUse[] {
  const isAbout = /tables|alternatives/.test(text);
  const uses = usesOf(followCalls(readCommands(text), isAbout), /^#!.*\s-\w*e/.test(text), 0);
  const calls = uses.filter(({ kind }) => kind === "call").slice(MAX_CALLS);
  return distinctRuns(uses.filter((use) => !calls.includes(use))).slice(0, MAX_USES);
}

/** A hundred rules written with one backend must not hide the one that is written with the other. */
function distinctRuns(uses: readonly BackendUse[]): BackendUse[] {
  const seen = new Set<string>();
  return uses.filter((use) => {
    if (use.kind !== "run") return true;
    const key = `${use.path} ${use.command} ${use.certainty}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The same of the words of one command, as the image config has it. */
export function usesOfWords(words: readonly string[]): BackendUse[] {
  const isAlone = words.length > 0 && programWords(words).length === 1;
  // What the tool does is then said when the image is run.
  const given = isAlone ? [...words, "$@"] : [...words];
  return usesOf([{ words: given, certainty: "sure" }], false, 0);
}

function usesOf(commands: readonly ScriptCommand[], endsOnError: boolean, depth: number): BackendUse[] {
  let isStrict = endsOnError;
  /** It has been switched off for what follows. */
  let isLenient = false;
  let folder: string | undefined;
  const surely = commands.filter((command) => command.certainty !== "possible");
  const runs = surely.flatMap(({ words }) => namedRun(words[0] ?? "", words.slice(1), true) ?? []);
  return commands.flatMap((command) => {
    const { words, certainty } = command;
    if (words[0] === "set" && certainty === "sure") {
      const next = setsErrexit(words);
      isLenient = next === false && isStrict;
      isStrict = next ?? isStrict;
    }
    if (words[0] === "cd") folder = certainty === "sure" && words[1]?.startsWith("/") === true ? words[1] : undefined;
    const uses = usesOfCommand(command, isStrict, folder, depth).filter((use) => !isTakenWhereItWorks(use, command));
    const said = isLenient ? uses.map(tolerate) : uses;
    return isStrict && certainty === "sure" ? said : said.filter((use) => !isOneOfBoth(use, words, runs));
  });
}

function tolerate(use: BackendUse): BackendUse {
  return use.certainty === "sure" ? { ...use, certainty: "tolerated" } : use;
}

function isTakenWhereItWorks(use: BackendUse, { probes }: ScriptCommand): boolean {
  if (use.kind === "call") return false;
  return isHarmless(backendOf((use.kind === "run" ? use.command : use.target) ?? ""), probes);
}

/** The script goes on when it fails, and does the same with another backend: one of them works. */
function isOneOfBoth(use: BackendUse, words: readonly string[], runs: readonly NamedRun[]): boolean {
  if (use.kind !== "run" || use.certainty === "possible") return false;
  const own = namedRun(words[0] ?? "", words.slice(1));
  const args = own?.args.join(" ");
  const family = use.command.slice(0, 3);
  return runs.some(
    (run) => run.command !== use.command && run.command.startsWith(family) && run.args.join(" ") === args,
  );
}

interface NamedRun {
  command: string;
  args: readonly string[];
}

/** @returns undefined where it leaves that as it is */
function setsErrexit(words: readonly string[]): boolean | undefined {
  const at = words.findIndex((word) => /^[-+]\w*e/.test(word) || word === "errexit");
  if (at < 0) return undefined;
  return (words[at] === "errexit" ? words[at - 1] : words[at])?.startsWith("-");
}

function usesOfCommand(
  { words: all, certainty }: ScriptCommand,
  isStrict: boolean,
  folder: string | undefined,
  depth: number,
): BackendUse[] {
  const line = all.join(" ").slice(0, MAX_LINE);
  if (leavesContainer(line) !== undefined) return [];
  const words = programWords(all);
  const [path = "", ...args] = words;
  const name = basename(path);
  const use = { certainty, line };
  const text = name === "eval" ? args.join(" ") : isShell(name) ? textOfShell(args) : undefined;
  if (text !== undefined) {
    if (depth >= MAX_TEXTS) return [];
    return usesOf(followCalls(readCommands(text)), isStrict, depth + 1).map((one) =>
      certainty === "sure" ? one : { ...one, certainty },
    );
  }
  if (/^(?:update-)?alternatives$/.test(name)) return alternative(args, path, use);
  if (/^(?:ln|cp|mv)$/.test(name)) return link(args, name !== "ln", folder, use);
  const run = namedRun(path, args);
  if (run !== undefined) {
    const need = needOf(run.command, run.args);
    return need === "change" || (need === "removal" && isStrict && certainty === "sure")
      ? [{ kind: "run", command: run.command, path, ...use }]
      : [];
  }
  return [...passedOn(args, use), ...call(words, use)];
}

/** The command with its backend that the words run, and its arguments. */
function namedRun(path: string, args: readonly string[], orPlain = false): NamedRun | undefined {
  const name = basename(path);
  if (NAMED.test(name) || (orPlain && COMMANDS.includes(name))) return { command: name, args };
  const backend = MULTI.exec(name)?.[1];
  const applet = /^(ip6?tables)(-save|-restore)?$/.exec(args[0] ?? "");
  if (backend === undefined || applet === null) return undefined;
  return { command: `${applet[1]}-${backend}${applet[2] ?? ""}`, args: args.slice(1) };
}

const CHANGES = /^(?:-[AINPRE][\w-]*|--(?:append|insert|new(?:-chain)?|policy|replace|rename-chain))$/;
const REMOVALS = /^(?:-[DFXZ][\w-]*|--(?:delete(?:-chain)?|flush|zero))$/;

/**
 * What the command wants of the kernel. Whoever lists, saves or asks for the version looks what is there; nothing is there to
 * be removed where the backend does not work.
 */
function needOf(command: string, args: readonly string[]): "change" | "removal" | "none" {
  if (command.endsWith("-save")) return "none";
  if (command.endsWith("-restore"))
    return args.some((word) => /^(?:-t|--test|-V|--version|-h|--help)$/.test(word)) ? "none" : "change";
  if (args.some((word) => CHANGES.test(word))) return "change";
  if (args.some((word) => REMOVALS.test(word))) return "removal";
  const isRead = args.some((word) => /^(?:-[LSCVh][\w-]*|--(?:list(?:-rules)?|check|version|help))$/.test(word));
  return !isRead && args.some((word) => word.startsWith("$")) ? "change" : "none";
}

function alternative(args: readonly string[], tool: string, use: Use): AlternativeUse[] {
  const at = args.findIndex((word) => /^--(?:set|auto|install)$/.test(word));
  const own = args.slice(at + 1);
  const [name = "", target] = args[at] === "--install" ? own.slice(1) : own;
  if (at < 0 || !/^ip6?tables$/.test(name)) return [];
  const told = { kind: "alternative", tool, name, ...use } as const;
  if (args[at] === "--auto" || target === undefined) return [told];
  return [{ ...told, target, ...(args[at] === "--install" && { priority: Number(own[3]) }) }];
}

function link(args: readonly string[], isCopy: boolean, folder: string | undefined, use: Use): LinkUse[] {
  const operands = args.filter((word) => !word.startsWith("-"));
  const [source = "", written = `${folder ?? "$PWD"}/${basename(source)}`] = operands;
  if (operands.length < 1 || operands.length > 2) return [];
  const whole = written.endsWith("/") ? `${written}${basename(source)}` : written;
  const place = whole.startsWith("/") ? whole : `${folder ?? "$PWD"}/${whole}`;
  const isOpen = basename(place).includes("$");
  const isNamed = COMMANDS.includes(basename(place));
  if (!isNamed && !(isOpen && backendOf(basename(source)) !== undefined)) return [];
  const parent = dirname(place);
  const from = source.startsWith("/") ? source : `${isCopy ? (folder ?? "$PWD") : parent}/${source}`;
  const isWhole = isNamed && !parent.includes("$");
  return [
    {
      kind: "link",
      ...(isNamed && { name: basename(place) }),
      ...(!parent.includes("$") && { folder: parent }),
      ...(!/[$*?]/.test(from) && { target: from }),
      isCopy,
      line: use.line,
      certainty: isWhole ? use.certainty : "possible",
    },
  ];
}

/** `retry 5 iptables-legacy -A ...`: a function or program of which nothing is known may run what follows its name. */
function passedOn(args: readonly string[], use: Use): RunUse[] {
  const at = args.findIndex((word) => NAMED.test(basename(word)));
  const path = args[at];
  const isUsual = USUAL.test(basename(use.line.split(" ", 1)[0] ?? ""));
  if (path === undefined || isUsual || !args.slice(at + 1).some((word) => CHANGES.test(word))) return [];
  return [{ kind: "run", command: basename(path), path, ...use, certainty: "possible" }];
}

function textOfShell(args: readonly string[]): string | undefined {
  const at = args.findIndex((word) => /^-[a-z]*c$/.test(word));
  return at >= 0 && args.slice(0, at).every((word) => word.startsWith("-")) ? args[at + 1] : undefined;
}

/** Scripts that it runs or reads, its own arguments included. */
function call(words: readonly string[], use: Use): CallUse[] {
  const [first = ""] = words;
  const isReader = first === "." || first === "source" || isShell(basename(first));
  const script = isReader ? words.slice(1).filter((word, at) => at > 0 || !word.startsWith("-")) : words;
  const [path = ""] = script;
  const isOpen = path.includes("$") && !/^\$[@*1]$|^\$\{[@*1]\}$/.test(path);
  if (path === "" || path.startsWith("-") || isOpen || USUAL.test(path)) return [];
  return [{ kind: "call", words: script.slice(0, MAX_CALL_WORDS), ...use }];
}
