import type { Toolchain } from "../model/toolchain.ts";

/** Where iptables-wrapper makes its links: its installer and the Go programs look for `iptables` there and nowhere else
 * (https://github.com/kubernetes-sigs/iptables-wrappers, v1 to v3). */
const FOLDERS: readonly (string | undefined)[] = ["/usr/sbin", "/sbin"];

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";

/**
 * What has to change so that `iptables` is an iptables-wrapper, as a clause; empty when it is one. Running the installer
 * again does not help where a link in another folder comes first.
 */
export function wrapperChange({ selector, defaults }: Pick<Toolchain, "selector" | "defaults">): string {
  const { setBy } = defaults.iptables ?? {};
  // Whatever is installed, the start script sets the links anew.
  if (setBy !== undefined) {
    const isThere = selector?.kind === "iptables-wrapper" && selector.effective;
    const rest = isThere ? "" : " and install iptables-wrapper v2 or later as `iptables`";
    return `leave the choice out of the start script (\`${setBy.replaceAll("`", "'")}\`)${rest}`;
  }
  if (selector?.kind !== "iptables-wrapper") return "install iptables-wrapper v2 or later as `iptables`";
  const first = defaults.iptables?.via[0];
  if (selector.loops !== undefined && first !== undefined)
    return `install the iptables-wrapper in ${selector.loops} and take ${first} and the commands beside it out of PATH`;
  if (selector.effective) return "";
  const folder = first === undefined ? undefined : folderOf(first);
  if (first === undefined || FOLDERS.includes(folder))
    return folderOf(selector.path) === folder
      ? "run the iptables-wrapper's installer"
      : `put the iptables-wrapper into ${folder ?? "/usr/sbin"} and run its installer there`;
  return `take ${first} and the commands beside it out of PATH, so that those in /usr/sbin, which the wrapper's installer makes, are found`;
}
