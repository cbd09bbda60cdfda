import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptEnvironment, preparePrivateApt, runPrivateApt } from "./private-apt.ts";
import { hasCommand } from "./roots.ts";

/** iptables as those build it who ship no libraries, from the source package of Debian 12. */

const SUITE = "bookworm";
const PROGRAMS = ["xtables-legacy-multi", "xtables-nft-multi"] as const;

export interface StaticIptables {
  /** Upstream version of the source package. */
  version: string;
  /** Nothing of it is in other files. */
  legacy: Buffer;
  /** Debian has no static libmnl: this and the C library are loaded, iptables' own and libnftnl are inside. */
  nft: Buffer;
  /** The same without symbols and debugging information. */
  stripped: { legacy: Buffer; nft: Buffer };
}

/** @param folder where it is built. The programs are kept beside it for later runs, by version */
export function buildStaticIptables(folder: string): StaticIptables | string {
  for (const name of ["gcc", "make", "strip"]) if (!hasCommand(name)) return `${name} is not installed`;
  const architecture = spawnSync("dpkg", ["--print-architecture"], {
    encoding: "utf8",
    timeout: 30_000,
  }).stdout?.trim();
  if (!architecture) return "dpkg is not installed";
  mkdirSync(folder, { recursive: true });
  const problem = preparePrivateApt(folder, SUITE, [architecture], true);
  if (problem !== undefined) return problem;
  const found = spawnSync("apt-cache", ["showsrc", "--only-source", "iptables"], {
    encoding: "utf8",
    env: aptEnvironment(folder),
    timeout: 120_000,
  });
  const version = /^Version: ([\d.]+)/m.exec(found.stdout)?.[1];
  if (version === undefined) return "the mirror has no source package of iptables";
  const kept = join(tmpdir(), `netfilter-compat-iptables-${version}-${architecture}`);
  if (!existsSync(kept)) {
    const failed = compile(folder, kept);
    if (failed !== undefined) return failed;
  }
  const read = (name: string) => readFileSync(join(kept, name));
  return {
    version,
    legacy: read(PROGRAMS[0]),
    nft: read(PROGRAMS[1]),
    stripped: { legacy: read(`${PROGRAMS[0]}.stripped`), nft: read(`${PROGRAMS[1]}.stripped`) },
  };
}

/** @returns what could not be fetched; throws where the build fails */
function compile(folder: string, kept: string): string | undefined {
  const failed =
    runPrivateApt(folder, ["source", "-qq", "--download-only", "iptables"], folder) ??
    runPrivateApt(folder, ["download", "-qq", "libmnl-dev", "libmnl0", "libnftnl-dev"], folder);
  if (failed !== undefined) return failed;
  const files = readdirSync(folder);
  const packages = join(folder, "packages");
  for (const deb of files.filter((name) => name.endsWith(".deb")))
    execFileSync("dpkg-deb", ["-x", join(folder, deb), packages], { timeout: 60_000 });
  const source = join(folder, "source");
  mkdirSync(source);
  const tar = files.find((name) => /\.orig\.tar\.\w+$/.test(name)) ?? "";
  execFileSync("tar", ["-x", "-f", join(folder, tar), "-C", source, "--strip-components=1"], { timeout: 60_000 });
  configure(source, packages);
  for (const part of ["libxtables", "libiptc", "extensions"]) make(source, ["-C", part]);
  make(source, ["-C", "iptables", PROGRAMS[1]]);
  make(source, ["-C", "iptables", PROGRAMS[0], "LDFLAGS=-all-static"]);
  const built = `${kept}.${process.pid}`;
  mkdirSync(built);
  for (const name of PROGRAMS) {
    copyFileSync(join(source, "iptables", name), join(built, name));
    execFileSync("strip", ["-o", join(built, `${name}.stripped`), join(built, name)], { timeout: 60_000 });
  }
  if (existsSync(kept)) rmSync(built, { recursive: true });
  else renameSync(built, kept);
  return undefined;
}

/** The libraries are named, so that pkg-config is not asked. Without connlabel, which needs a further library. */
function configure(source: string, packages: string): void {
  const include = `-I${join(packages, "usr/include")}`;
  const triplet = readdirSync(join(packages, "usr/lib")).find((name) => name.includes("-linux-")) ?? "";
  const libraries = join(packages, "usr/lib", triplet);
  const options = ["--enable-static", "--disable-shared", "--disable-connlabel", "CFLAGS=-O1 -g0"];
  const found = [
    `libmnl_CFLAGS=${include}`,
    `libmnl_LIBS=-L${libraries} -lmnl`,
    `libnftnl_CFLAGS=${include}`,
    `libnftnl_LIBS=${join(libraries, "libnftnl.a")} -L${libraries} -lmnl`,
  ];
  execFileSync("sh", ["configure", "-q", ...options, ...found], { cwd: source, stdio: "ignore", timeout: 300_000 });
}

function make(source: string, args: string[]): void {
  execFileSync("make", ["-s", "-j2", ...args], { cwd: source, stdio: "ignore", timeout: 600_000 });
}
