import { createHash } from "node:crypto";
import { buildElf, type ElfRecipe, goModuleText } from "./elf-builder.ts";

/** Small ELF files with the marks by which the real tools are known. */

type Architecture = NonNullable<ElfRecipe["architecture"]>;

const LIBC = "libc.so.6";

export function xtablesMulti(version: string, backend: "nft" | "legacy", architecture: Architecture = "amd64"): Buffer {
  const text = backend === "nft" ? "nf_tables" : "legacy";
  const [, , patch = 0] = version.split(".").map(Number);
  const strings = patch >= 8 ? [`${version} (${text})`, version] : [version, `%s v%s (${text})`];
  return buildElf({ architecture, needed: ["libxtables.so.12", LIBC], strings: ["iptables-save", ...strings] });
}

/** Without interpreter and dynamic section, as k3s ships it. */
export function staticXtablesMulti(version: string, backend: "nft" | "legacy"): Buffer {
  return buildElf({ strings: [`${version} (${backend === "nft" ? "nf_tables" : "legacy"})`, "2.6.18", "10.1.2.3"] });
}

export function nft(version: string, architecture: Architecture = "amd64"): Buffer {
  return buildElf({
    architecture,
    needed: ["libnftables.so.1", LIBC],
    strings: ["--includepath", version, "nftables", "%s v%s (%s)", "192.168.1.1"],
  });
}

/** A front end: its version is the library's. */
export function ipset(architecture: Architecture = "amd64"): Buffer {
  return buildElf({ architecture, needed: ["libipset.so.13", LIBC] });
}

export function libipset(version: string, architecture: Architecture = "amd64"): Buffer {
  return buildElf({
    architecture,
    soname: "libipset.so.13",
    needed: [LIBC],
    definitions: ["LIBIPSET_4.12"],
    strings: ["5.7", version, "ipset"],
  });
}

/** @param top number of the highest version it defines: 14 in 1.1.6 */
export function libnftnl(top: number, architecture: Architecture = "amd64"): Buffer {
  const definitions = Array.from({ length: top - 10 }, (_, i) => `LIBNFTNL_${i + 11}`);
  return buildElf({ architecture, soname: "libnftnl.so.11", needed: ["libmnl.so.0"], definitions });
}

export function goWrapper(generation: "go" | "v3"): Buffer {
  const module = "github.com/kubernetes-sigs/iptables-wrappers";
  const text = generation === "v3" ? "creating %s symlink to %s: %v" : "creating %s symlink for mode %s: %v";
  return goProgram({ path: module, module }, { strings: [text] });
}

export function goProgram(program: Parameters<typeof goModuleText>[0], recipe: ElfRecipe = {}): Buffer {
  return buildElf({ ...recipe, go: { version: "go1.22.3", modules: goModuleText(program) } });
}

/** The text by which each generation of the script is told, in a script that does nothing. */
export const wrapperScripts = {
  v1: '#!/bin/sh\nif [ "$num_legacy_lines" -ge "$num_nft_lines" ]; then mode=legacy; fi\nexec "$0" "$@"\n',
  "v1-timeout":
    '#!/bin/sh\nif [ "$num_legacy_lines" -ge 10 ]; then mode=legacy; else timeout 5 sh -c "$0" fi\nexec "$0" "$@"\n',
  "v1-kubelet": `#!/bin/sh\nchains_created_by_kubelet=":KUBE-MARK-DROP"\nif [ "$\{num_legacy_lines}" -ge "$\{num_nft_lines}" ]; then mode=legacy; fi\n`,
  "v1-kubelet-timeout": `#!/bin/sh\nchains_created_by_kubelet=":KUBE-MARK-DROP"\n(timeout 5 sh -c "$0")\nif [ "$\{num_legacy_lines}" -ge 10 ]; then mode=legacy; fi\n`,
  "v1-nft": `#!/bin/sh\nif [ "$\{num_legacy_lines}" -gt "$\{num_nft_lines}" ]; then mode=legacy; fi\nexec "$0" "$@"\n`,
  v2: `#!/bin/sh\nif [ "$\{nft_kubelet_rules}" -ne 0 ]; then mode=nft; fi\n[ "$\{num_legacy_lines}" -gt "$\{num_nft_lines}" ]\nexec "$0" "$@"\n`,
  cilium: '#!/bin/sh\nif [ "$nft_kubeproxy_rules" -ne 0 ]; then mode=nft; fi\n',
  terway: "#!/bin/sh\ncase $(uname -r) in *lifsea8*) mode=nft ;; *) mode=legacy ;; esac\n",
  "kube-ovn": '#!/bin/sh\nif [ "$nft_kubelet_rules" -ne 0 ]; then ln -s iptables-nft /usr/local/sbin/iptables; fi\n',
  k3s: '#!/bin/sh\n. xtables-set-mode.sh -m "$mode"\n',
};

/** @param packages a file with content has its checksum in the database, one that is only named has none */
export function apkDatabase(
  packages: { name: string; version: string; files?: (string | [path: string, content: Buffer])[] }[],
): string {
  return packages
    .map(({ name, version, files = [] }) => {
      const lines = files.flatMap((file) => {
        const [path, content] = typeof file === "string" ? [file] : file;
        const checksum = content && `Z:Q1${createHash("sha1").update(content).digest("base64")}`;
        const slash = path.lastIndexOf("/");
        return [`F:${path.slice(1, slash)}`, `R:${path.slice(slash + 1)}`, ...(checksum ? [checksum] : [])];
      });
      return `${["C:Q1abc=", `P:${name}`, `V:${version}`, "A:x86_64", ...lines].join("\n")}\n\n`;
    })
    .join("");
}

export function dpkgStatus(packages: { name: string; version: string; status?: string }[]): string {
  return packages
    .map(
      ({ name, version, status = "install ok installed" }) =>
        `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: ${version}\nDescription: text\n more: text\n .\n\n`,
    )
    .join("");
}
