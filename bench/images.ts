import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { debianMirrors } from "../test/support/apt.ts";

/**
 * The images that the benchmark reads: Debian systems of real packages, in every packing and form. Making them takes a
 * quarter of an hour, so they are kept; a folder appears under its name only when it is whole.
 */

export const packings = ["gzip", "zstd", "none"] as const;
export type Packing = (typeof packings)[number];

export interface BenchImage {
  name: "medium" | "large";
  /** Bytes of the layers. */
  bytes: Record<Packing, number>;
  entries: number;
  /** Files of the layers. */
  layers: Record<Packing, string[]>;
  /** OCI layout directories; the image's tag is `latest`. */
  layouts: Record<Packing, string>;
  ociArchive: string;
  /** As `docker save` of the classic store writes it: uncompressed layers. */
  dockerArchive: string;
}

const tools = ["iptables", "nftables", "ipset", "ebtables", "conntrack", "python3", "git"];
const recipes = {
  medium: { variant: "important", packages: [...tools, "perl", "curl", "busybox"] },
  large: {
    variant: "extract",
    packages: [
      ...tools,
      ...["clang-14", "llvm-14-dev", "golang-1.19", "rustc", "openjdk-17-jdk-headless", "linux-image-amd64", "g++"],
      ...["nodejs", "chromium", "libreoffice-core", "python3-scipy", "qemu-system-x86", "postgresql-15"],
      ...["libboost-all-dev", "mariadb-server-core"],
    ],
  },
} as const;

/** Three layers: the compressed ones of an image are of very different sizes as a rule. */
const parts = [
  ["--exclude=./usr/lib", "--exclude=./usr/share", "--exclude=./dev", "."],
  ["./usr/lib"],
  ["./usr/share"],
];

const endings: Record<Packing, string> = { gzip: ".gz", zstd: ".zst", none: "" };

/** An image, from the cache or newly made. @param cache a folder with room for 30 GB */
export async function prepareImage(cache: string, name: BenchImage["name"]): Promise<BenchImage> {
  const folder = join(cache, name);
  whole(join(folder, "layers"), (work) => makeLayers(work, join(cache, `${name}-root.tar`), name));
  const numbers = parts.map((_, i) => i + 1);
  const layers = mapPackings((packing) => numbers.map((i) => join(folder, "layers", `${i}.tar${endings[packing]}`)));
  const diffIds = await Promise.all(layers.none.map(digestOf));
  for (const packing of packings)
    if (!existsSync(join(folder, packing))) await writeLayout(folder, packing, layers[packing], diffIds);
  const layouts = mapPackings((packing) => join(folder, packing));
  const ociArchive = join(folder, "oci.tar");
  if (!existsSync(ociArchive)) packFolder(layouts.gzip, ociArchive);
  const dockerArchive = join(folder, "docker.tar");
  if (!existsSync(dockerArchive)) writeDockerArchive(folder, dockerArchive, layers.none, diffIds);
  const entries = layers.none.reduce((total, file) => total + countEntries(file), 0);
  const bytes = mapPackings((packing) => layers[packing].reduce((total, file) => total + statSync(file).size, 0));
  return { name, bytes, entries, layers, layouts, ociArchive, dockerArchive };
}

function mapPackings<T>(make: (packing: Packing) => T): Record<Packing, T> {
  return { gzip: make("gzip"), zstd: make("zstd"), none: make("none") };
}

/** Makes a file or folder under another name first. */
function whole(path: string, make: (work: string) => void): void {
  if (existsSync(path)) return;
  const work = `${path}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  make(work);
  renameSync(work, path);
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 2 ** 30 });
}

function makeLayers(folder: string, root: string, name: BenchImage["name"]): void {
  whole(root, (work) => {
    const { variant, packages } = recipes[name];
    const mirror = debianMirrors()[0]?.uri ?? "";
    const target = `${work}.tar`;
    run("mmdebstrap", [`--variant=${variant}`, `--include=${packages.join(",")}`, "bookworm", target, mirror]);
    renameSync(target, work);
  });
  const unpacked = join(folder, "root");
  mkdirSync(unpacked, { recursive: true });
  run("tar", ["-C", unpacked, "--exclude=./dev", "-xf", root]);
  for (const [i, part] of parts.entries()) {
    const layer = join(folder, `${i + 1}.tar`);
    run("tar", ["--sort=name", "--numeric-owner", "-C", unpacked, "-cf", layer, ...part]);
    run("gzip", ["-6", "-n", "-k", layer]);
    run("zstd", ["-q", "-3", layer]);
  }
  rmSync(unpacked, { recursive: true });
}

/** `sha256:...` of a file. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

function configOf(diffIds: readonly string[]): string {
  return JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: diffIds },
  });
}

/** Writes `FOLDER/PACKING`: an OCI layout whose blobs are further names of the layers' files. */
export async function writeLayout(folder: string, packing: Packing, files: string[], diffIds: string[]): Promise<void> {
  const layout = join(folder, `${packing}.new`);
  const blobs = join(layout, "blobs/sha256");
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(blobs, { recursive: true });
  const suffix = packing === "none" ? "" : `+${packing}`;
  const layers = [];
  for (const file of files) {
    const digest = await digestOf(file);
    linkSync(file, join(blobs, digest.slice(7)));
    layers.push({
      mediaType: `application/vnd.oci.image.layer.v1.tar${suffix}`,
      digest,
      size: statSync(file).size,
    });
  }
  const config = writeBlob(blobs, "application/vnd.oci.image.config.v1+json", configOf(diffIds));
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = writeBlob(blobs, type, JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers }));
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  writeFileSync(
    join(layout, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  renameSync(layout, join(folder, packing));
}

function writeBlob(blobs: string, mediaType: string, text: string) {
  const hex = createHash("sha256").update(text).digest("hex");
  writeFileSync(join(blobs, hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

function packFolder(folder: string, target: string): void {
  whole(target, (work) => run("tar", ["-C", folder, "-cf", work, ...readdirSync(folder)]));
}

function writeDockerArchive(folder: string, target: string, files: string[], diffIds: string[]): void {
  const content = join(folder, "docker");
  rmSync(content, { recursive: true, force: true });
  for (const [i, file] of files.entries()) {
    mkdirSync(join(content, `layer${i}`), { recursive: true });
    linkSync(file, join(content, `layer${i}`, "layer.tar"));
  }
  const Layers = files.map((_, i) => `layer${i}/layer.tar`);
  writeFileSync(join(content, "config.json"), configOf(diffIds));
  writeFileSync(
    join(content, "manifest.json"),
    JSON.stringify([{ Config: "config.json", RepoTags: ["bench:latest"], Layers }]),
  );
  packFolder(content, target);
  rmSync(content, { recursive: true });
}

/** Lines that tar lists: one for each entry. */
function countEntries(file: string): number {
  return run("tar", ["-tf", file]).split("\n").length - 1;
}
