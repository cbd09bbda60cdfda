/** The remedy "take the packages of release X" as a change to one line. Pure. */

/** Names that the official images of a distribution have, where they aren't its id. */
const imageNames: Readonly<Record<string, string>> = { "amazon-linux": "amazonlinux", rhel: "" };

/**
 * What a FROM should say to build on another release, when that one line is all: the base is an official image whose tag
 * names a release by number, and nothing in the file takes packages from elsewhere or asks for exact versions.
 * @param line of the FROM, from 1
 * @param upgrade id of the distribution and release, e.g. `alpine` and `3.18`
 * @returns the line's number and new text, with the spaces and words of the old one; undefined where more would have to change
 */
export function suggestBase(
  text: string,
  line: number,
  upgrade: { distribution: string; release: string },
): { line: number; text: string } | undefined {
  // Where lines end otherwise, the new one would end unlike the rest.
  if (text.includes("\r")) return undefined;
  const old = text.split("\n")[line - 1];
  const [, start, path, name, tag, rest] =
    /^([ \t]*FROM +(?:--platform=[\w/$.{}-]+ +)?)((?:[\w.-]+(?::\d+)?\/)*)([a-z]+):([\w.-]+)((?: +AS +[\w.-]+)? *)$/i.exec(
      old ?? "",
    ) ?? [];
  if (name === undefined || name !== (imageNames[upgrade.distribution] ?? upgrade.distribution)) return undefined;
  // A path of somebody's own is no official image.
  if (path !== "" && !/(?:^|\/)library\/$/.test(path ?? "")) return undefined;
  const [, release, variant] = /^(\d+(?:\.\d+)*)((?:-[a-z]+)*)$/.exec(tag ?? "") ?? [];
  if (release === undefined || isWithin(release, upgrade.release)) return undefined;
  if (takesPackagesFromElsewhere(text) || pinsVersions(text)) return undefined;
  return { line, text: `${start}${path}${name}:${upgrade.release}${variant}${rest}` };
}

/** `3.18.4` is within `3.18`. */
function isWithin(release: string, series: string): boolean {
  return release === series || release.startsWith(`${series}.`);
}

/** Another list of repositories or an address decides the packages then, not the base. */
function takesPackagesFromElsewhere(text: string): boolean {
  return /\/etc\/(?:apk\/repositories|apt\/sources|yum\.repos)|--repository|add-apt-repository|dl-cdn\.|snapshot\./.test(
    text,
  );
}

/** `iptables=1.8.4-r2`: the new release doesn't have that one. */
function pinsVersions(text: string): boolean {
  return /\b(?:ip6?tables|ipset|nft(?:ables)?|lib(?:nftnl|xtables|mnl))[\w-]*(?:[=~<>]+|-)\$?\{?\w*\d/.test(text);
}
