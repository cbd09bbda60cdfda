/** The little of shell that finding a package name takes: words with their lines, and which command installs which. */

export interface Word {
  text: string;
  /** Zero-based line in the file. */
  line: number;
}

/** Package managers by the name of their program, with the words that make them install what follows. */
const installers: Readonly<Record<string, RegExp>> = {
  apk: /^(?:add|upgrade)$/,
  "apt-get": /^(?:install|upgrade|dist-upgrade)$/,
  apt: /^(?:install|upgrade|full-upgrade)$/,
  aptitude: /^(?:install|upgrade)$/,
  dnf: /^(?:install|reinstall|upgrade|update|downgrade|localinstall|swap)$/,
  yum: /^(?:install|reinstall|upgrade|update|downgrade|localinstall|swap)$/,
  microdnf: /^(?:install|reinstall|upgrade|update)$/,
  tdnf: /^(?:install|reinstall|upgrade|update|downgrade)$/,
  zypper: /^(?:install|in|update|up)$/,
  dpkg: /^(?:-i|--install|--unpack)$/,
  rpm: /^(?:-[vh]*[iUF][vhiUF]*|--install|--upgrade)$/,
};
/** Scripts of Debian based images that install all their arguments. */
const installScripts = new Set(["clean-install", "install_packages"]);

/**
 * Splits the text of a RUN into commands. Comments and continuation characters are dropped, quotes and brackets count as
 * space, so the exec form and `sh -c "..."` read the same.
 * @param lines the instruction's lines, the first one without its keyword
 * @param firstLine zero-based line of the first
 * @param escapeCharacter ends a line that continues
 */
export function splitCommands(lines: string[], firstLine: number, escapeCharacter: string): Word[][] {
  const commands: Word[][] = [[]];
  lines.forEach((raw, i) => {
    if (/^\s*(?:#|$)/.test(raw)) return;
    const trimmed = raw.trimEnd();
    const continues = trimmed.endsWith(escapeCharacter);
    const text = (continues ? trimmed.slice(0, -1) : trimmed).replace(/["'[\],()]/g, " ");
    for (const token of text.split(/\s+|(&&|\|\||[;|&])/)) {
      if (token === undefined || token === "") continue;
      if (/^(?:&&|\|\||[;|&{}])$/.test(token)) commands.push([]);
      else commands.at(-1)?.push({ text: token, line: firstLine + i });
    }
    if (!continues) commands.push([]);
  });
  return commands.filter((command) => command.length > 0);
}

/** The words after the verb of a package manager, flags left out; undefined for any other command. */
export function installedWords(command: Word[]): Word[] | undefined {
  for (const [i, word] of command.entries()) {
    const program = word.text.slice(word.text.lastIndexOf("/") + 1);
    const rest = command.slice(i + 1);
    if (installScripts.has(program)) return withoutFlags(rest);
    const verb = installers[program];
    if (verb === undefined) continue;
    const at = rest.findIndex((candidate) => verb.test(candidate.text));
    if (at >= 0) return withoutFlags(rest.slice(at + 1));
  }
  return undefined;
}

function withoutFlags(words: Word[]): Word[] {
  return words.filter((word) => !word.text.startsWith("-"));
}

/** True for `iptables`, `iptables=1.8.4-r2`, `iptables~1.8`, `iptables@edge`, `iptables:arm64`, `iptables-1.8.4`, and files
 * such as `/tmp/iptables_1.8.4_amd64.deb`. */
export function namesPackage(word: string, name: string): boolean {
  const base = word.slice(word.lastIndexOf("/") + 1);
  if (!base.startsWith(name)) return false;
  return /^(?:$|[=~<>@:]|[-_]v?\d|[-_]\$)/.test(base.slice(name.length));
}
