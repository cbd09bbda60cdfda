import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The machine's own apt configuration. Tests take their Debian packages from wherever the machine takes its own: mirror
 * addresses, keyrings and proxies are read, never written down.
 */

export interface AptSource {
  uris: string[];
  suites: string[];
  components: string[];
  /** Path of a keyring, when the source names one. */
  keyring?: string;
}

const listFolder = "/etc/apt/sources.list.d";

/** Every enabled source of the machine: one-line files (`*.list`) and deb822 files (`*.sources`). */
export function readAptSources(): AptSource[] {
  const files = ["/etc/apt/sources.list"];
  if (existsSync(listFolder)) files.push(...readdirSync(listFolder).map((name) => join(listFolder, name)));
  return files.filter((file) => existsSync(file)).flatMap((file) => parseFile(file, readFileSync(file, "utf8")));
}

function parseFile(file: string, text: string): AptSource[] {
  if (file.endsWith(".sources")) return parseDeb822(text);
  return file.endsWith(".list") ? parseOneLine(text) : [];
}

/** deb822: stanzas divided by empty lines, fields continued by a leading blank, `#` lines ignored. */
export function parseDeb822(text: string): AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const [, name = "", value = ""] of stanza.matchAll(/^([^\s:]+):[ \t]*(.*(?:\n[ \t].*)*)/gm))
      fields.set(name.toLowerCase(), value.trim());
    const list = (name: string) => (fields.get(name) ?? "").split(/\s+/).filter((word) => word !== "");
    if (!list("types").includes("deb") || fields.get("enabled") === "no") return [];
    const keyring = fields.get("signed-by");
    return [
      {
        uris: list("uris"),
        suites: list("suites"),
        components: list("components"),
        // An inline key block (more than one line) is no path.
        ...(keyring?.startsWith("/") && !keyring.includes("\n") ? { keyring } : {}),
      },
    ];
  });
}

/** `deb [options] uri suite component...`, one a line. */
export function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const parts = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!parts) return [];
    const [, options = "", uri = "", suite = "", components = ""] = parts;
    const keyring = /signed-by=(\/\S+)/.exec(options)?.[1];
    return [
      {
        uris: [uri],
        suites: [suite],
        components: components.split(/\s+/).filter((word) => word !== ""),
        ...(keyring ? { keyring } : {}),
      },
    ];
  });
}

/** Code name of the machine's own release, from /etc/os-release; empty when it is no Debian-like machine. */
export function machineSuite(): string {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^VERSION_CODENAME="?([^"\n]*)/m.exec(release)?.[1] ?? "";
}

/**
 * Archives that hold whole Debian releases: the source of the machine's own release first, then any other source with a
 * `main` component (a machine with an archive of old releases has it there). Sources of updates alone are left out.
 */
export function debianMirrors(): { uri: string; keyring?: string }[] {
  const own = machineSuite();
  const whole = readAptSources().filter(
    ({ suites, components }) =>
      components.includes("main") && suites.some((suite) => !/-(security|updates|backports|proposed)/.test(suite)),
  );
  whole.sort((a, b) => Number(b.suites.includes(own)) - Number(a.suites.includes(own)));
  const mirrors = whole.flatMap(({ uris, keyring }) => uris.map((uri) => ({ uri, ...(keyring ? { keyring } : {}) })));
  return mirrors.filter(({ uri }, index) => mirrors.findIndex((other) => other.uri === uri) === index);
}

/** How the machine's apt fetches (proxies, retries, timeouts), as `Name "value"` options for another apt. */
export function fetchOptions(): string[] {
  const dump = execFileSync("apt-config", ["dump"], { encoding: "utf8", timeout: 60_000 });
  return dump
    .split("\n")
    .filter((line) => /^Acquire::(https?|Retries|ForceIPv4)\b.* "./.test(line))
    .map((line) => line.replace(/;$/, ""));
}
