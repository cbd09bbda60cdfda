import { dirname } from "node:path/posix";
import type { FileTree } from "../../model/image.ts";
import { type BinaryContent, probedContent } from "../content.ts";
import type { Found } from "../survey.ts";

/** Debian's multi-arch folder by GOARCH-like name. */
const MULTIARCH: Record<string, string> = {
  amd64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
  arm: "arm-linux-gnueabihf",
  "386": "i386-linux-gnu",
  ppc64le: "powerpc64le-linux-gnu",
  riscv64: "riscv64-linux-gnu",
  s390x: "s390x-linux-gnu",
};

/**
 * Finds the shared library that a program asks for, in the order of ld.so(8): its RUNPATH, then the usual folders of glibc
 * and musl. `ld.so.conf` is not read.
 * @param prefix begin of the so-name: `libipset.so`
 */
export function findLibraryFile(
  tree: FileTree,
  program: Found<BinaryContent>,
  prefix: string,
): Found<BinaryContent> | undefined {
  const soname = program.content.needed.find((name) => name.startsWith(prefix));
  if (soname === undefined || soname.includes("/")) return undefined;
  for (const directory of libraryDirectories(program)) {
    const resolved = tree.resolve(`${directory}/${soname}`);
    if (!resolved.found || resolved.node.type !== "file") continue;
    const content = probedContent(resolved.node.content);
    if (content?.kind === "binary") return { path: resolved.path, node: resolved.node, content };
  }
  return undefined;
}

function libraryDirectories({ path, content }: Found<BinaryContent>): string[] {
  const origin = dirname(path);
  const runpath = (content.runpath ?? []).map((entry) => entry.replace(/\$ORIGIN|\$\{ORIGIN\}/, origin));
  const triplet = MULTIARCH[content.architecture ?? ""];
  const multiarch = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`];
  const usual = ["/lib64", "/usr/lib64", "/lib", "/usr/local/lib", "/usr/lib"];
  return [...runpath.filter((entry) => entry.startsWith("/")), ...multiarch, ...usual];
}
