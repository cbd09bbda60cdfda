import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readElfHeader } from "../../src/toolchain/binaries/elf.ts";
import { libraryOfSymbol, readNetfilterSymbols } from "../../src/toolchain/binaries/symbols.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { listFolder } from "../support/folder-tree.ts";
import { debianRoot } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { recordSkip, skipTest } from "../support/skip.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/**
 * Tools of one release of Debian with the netfilter libraries of another, which have the same so-names: what is said to be
 * missing against what the release's own loader says when it runs them.
 */

const suites = ["bullseye", "bookworm", "trixie", "sid"];
const scratch = scratchFolder("symbols");
const roots = new Map<string, { folder: string; listing: Listing }>();
const LIBRARIES = "usr/lib/x86_64-linux-gnu/lib{xtables,nftnl,mnl,nftables,ipset,ip4tc,ip6tc}.so.*";

beforeAll(async () => {
  for (const suite of suites) {
    const result = await debianRoot(suite);
    if (!result.ok) {
      recordSkip({ what: `libraries of Debian ${suite}`, reason: result.reason });
      continue;
    }
    const { folder } = result.root;
    const wanted = /\.so(?:\.|$)|\/sbin\/(?:xtables-\w+-multi|nft|ipset|iptables[\w-]*)$/;
    const listing = Object.entries(listFolder(folder)).filter(
      ([path, entry]) => (typeof entry === "string" || wanted.test(path)) && !path.includes("/xtables/"),
    );
    roots.set(suite, { folder, listing: Object.fromEntries(listing) });
  }
}, 600_000);

const commands: Record<string, string[]> = {
  "/usr/sbin/xtables-nft-multi": ["iptables", "--version"],
  "/usr/sbin/xtables-legacy-multi": ["iptables", "--version"],
  "/usr/sbin/nft": ["--version"],
  "/usr/sbin/ipset": ["--version"],
};

/** The libraries of a release in a folder of their own, as a copy of them in an image would be. */
function librariesOf(folder: string): [path: string, content: Buffer][] {
  return globSync(join(folder, LIBRARIES)).map((file) => [`/opt/lib/${basename(file)}`, readFileSync(file)]);
}

/** What the loader of a release says when it runs a tool with libraries of another: its first complaint. */
function runReally(folder: string, libraries: string, path: string): string {
  const own = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map((name) => join(folder, name));
  const [loader = ""] = own.flatMap((name) => globSync(join(name, "ld-linux*.so*")));
  const args = ["--library-path", [libraries, ...own].join(":"), join(folder, path), ...commands[path]!];
  const env = { ...process.env, LD_BIND_NOW: "1" };
  const { stderr, status, error } = spawnSync(loader, args, { encoding: "utf8", timeout: 20_000, env });
  if (error) throw error;
  const [, said = ""] =
    /(undefined symbol: \w+|version `\w+[\w.]*' not found|cannot open shared object)/.exec(stderr) ?? [];
  if (said === "" && status !== 0) throw new Error(`${path}: ${stderr}`);
  return said;
}

const counts = new Map<boolean, number>();
afterAll(() => {
  const [runs = 0, ends = 0] = [counts.get(false), counts.get(true)];
  console.log(`libraries of other releases: ${runs} tools run and ${ends} end, as told`);
  if (roots.size === suites.length) expect(Math.min(runs, ends)).toBeGreaterThan(5);
});

const pairs = suites.flatMap((tools) => suites.map((libraries) => [tools, libraries] as const));

test.each(pairs)("tools of %s with the libraries of %s", { timeout: 300_000 }, (...[tools, libraries]) => {
  const one = roots.get(tools);
  const other = roots.get(libraries);
  if (one === undefined || other === undefined) return expect(roots.size).toBeLessThan(suites.length);
  const copied = librariesOf(other.folder);
  const folder = join(scratch.path, `${tools}-${libraries}`);
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of copied) writeFileSync(join(folder, basename(path)), content);
  const platform = makePlatform(
    { ...one.listing, ...Object.fromEntries(copied) },
    { env: ["PATH=/usr/sbin", "LD_LIBRARY_PATH=/opt/lib"] },
  );
  const { missingLibraries = [] } = inspectToolchain(platform, { programs: [], variables: [] });
  for (const path of Object.keys(commands)) {
    const told = missingLibraries.filter((item) => item.path === path).map(({ library }) => library);
    const said = runReally(one.folder, folder, path);
    counts.set(said !== "", (counts.get(said !== "") ?? 0) + 1);
    expect(told.length > 0, `${path}: ${said || "runs"}, told ${told.join(", ")}`).toBe(said !== "");
  }
});

test("what the readers of binutils say of a library and of a tool", (context) => {
  const root = roots.get("trixie");
  if (root === undefined) skipTest(context, "symbols of Debian trixie", "no root of it");
  for (const file of [...globSync(join(root.folder, LIBRARIES)), join(root.folder, "usr/sbin/xtables-nft-multi")]) {
    const { stdout, error } = spawnSync("objdump", ["-T", file], { encoding: "utf8", timeout: 20_000 });
    if (error) skipTest(context, "symbols of Debian trixie", "objdump is not installed");
    const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    const ours = rows.filter(([address, , name]) => address !== undefined && name !== undefined);
    const names = (isDefined: boolean) =>
      ours
        .filter((row) => row.includes("*UND*") !== isDefined && (isDefined || !row.includes("w")))
        .map((row) => row.at(-1) ?? "")
        .filter((name) => libraryOfSymbol(name) !== undefined)
        .sort();
    const bytes = readFileSync(file);
    const { imports, exports } = readNetfilterSymbols(bytes, readElfHeader(bytes)!);
    expect(imports.toSorted()).toEqual(names(false));
    if (!file.includes("sbin")) expect(exports?.toSorted()).toEqual(names(true));
  }
});

test("a file that is cut or changed anywhere gives less, never an error", (context) => {
  const root = roots.get("trixie");
  if (root === undefined) skipTest(context, "symbols of Debian trixie", "no root of it");
  const [file = ""] = globSync(join(root.folder, "usr/lib/x86_64-linux-gnu/libmnl.so.0.*"));
  const whole = readFileSync(file);
  const header = readElfHeader(whole)!;
  for (let size = 0; size < whole.length; size += 97)
    expect(() => readNetfilterSymbols(whole.subarray(0, size), header)).not.toThrow();
  for (let at = 0; at < whole.length; at += 13) {
    const changed = Buffer.from(whole);
    changed.fill(0xff, at, Math.min(at + 8, changed.length));
    expect(() => readNetfilterSymbols(changed, readElfHeader(changed) ?? header)).not.toThrow();
  }
});
