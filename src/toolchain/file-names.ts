/** What the name and the folder of a file make of it before anything is read. These run for every file of an image. */

/** The beginnings of the netfilter libraries' names, as a pattern. */
export const NETFILTER_LIBRARIES = "lib(?:nftnl|xtables|mnl|ip[46]?tc|ipset|nftables|ebtc|netfilter_|nfnetlink)";

const TOOL = /tables|^nft$|^ipset$|^conntrackd?$/;
const NETFILTER_LIBRARY =
  /^lib(?:nftnl|xtables|mnl|ip[46]tc|ipset|nftables|ebtc|netfilter_conntrack|nfnetlink)\.so(?:\.|$)/;
/** What a program asks for that speaks to the legacy tables of the kernel itself. */
export const LEGACY_LIBRARY = /^libip[46]?tc\.so(?:\.|$)/;
const EXTENSION = /^lib(?:xt|ipt|ip6t|ebt|arpt)_.+\.so$/;
const SUPPORT_LIBRARY =
  /^(?:ld-(?:linux|musl)[-.\w]*|ld(?:64)?|lib(?:c|m|dl|rt|pthread|resolv|gcc_s|jansson|gmp|readline|edit|tinfow?|ncursesw?|bsd|md|pcap|cap|netfilter_\w+|systemd|tirpc|nl-(?:genl-)?3|popt))(?:-[\d.]+)?\.so(?:\.|$)/;
const ANY_OF_THEM = new RegExp(
  [TOOL, NETFILTER_LIBRARY, EXTENSION, SUPPORT_LIBRARY].map(({ source }) => source).join("|"),
);

/** True for base names of which a file is looked at, whatever its mode. */
export function isWantedName(name: string): boolean {
  // One pattern dismisses nearly every file of an image.
  if (!ANY_OF_THEM.test(name)) return false;
  return isNetfilterLibrary(name) || isToolName(name) || isSupportLibrary(name) || isExtension(name);
}

/** A shell can be told to run it, whatever its mode. */
export function isScriptName(name: string): boolean {
  return name.endsWith(".sh");
}

/** True for base names under which an unidentified program deserves a word in the report. */
export function isToolName(name: string): boolean {
  return TOOL.test(name) && !/\.(?:so|conf|md|txt|service|h|gz)\b/.test(name);
}

/** True for base names of the netfilter libraries whose releases are told. */
export function isNetfilterLibrary(name: string): boolean {
  return NETFILTER_LIBRARY.test(name);
}

/** A match or target of iptables, as libxtables asks for it. */
export function isExtension(name: string): boolean {
  return EXTENSION.test(name);
}

/**
 * Libraries that the tools and the netfilter libraries ask for, the C library and its loader among them: what they define
 * and ask for in turn decides whether a tool starts. Of others it is enough that they are there.
 */
export function isSupportLibrary(name: string): boolean {
  return SUPPORT_LIBRARY.test(name);
}

/** Directories that PATHs name, the root, and k3s' `bin/aux`. */
export function isProgramDirectory(path: string): boolean {
  return /^(?:.*\/)?(?:s?bin|libexec|aux)\/[^/]+$|^\/[^/]+$/.test(path);
}
