import { createHash } from "node:crypto";

/**
 * Writes OCI archives whose bytes depend on nothing but their content: fixed times, fixed order, and layers as plain tar,
 * because compressed bytes differ between versions of zlib.
 */

/** A file, link or directory of a layer; paths without a leading slash. */
export type Entry =
  | { path: string; type: "directory" }
  | { path: string; type: "file"; content: Buffer; mode: number }
  | { path: string; type: "link"; target: string };

export interface PlatformImage {
  architecture: "amd64" | "arm64";
  layers: { entries: Entry[]; createdBy: string }[];
  entrypoint: string[];
  env: string[];
  labels: Record<string, string>;
}

interface Blob {
  digest: string;
  bytes: Buffer;
}

/** 2026-01-01, for every entry and config. */
const created = "2026-01-01T00:00:00Z";
const seconds = Date.parse(created) / 1000;

/** An OCI archive (`oci-archive:`) that holds one image under one name, for one or more platforms. */
export function ociArchive(name: string, images: PlatformImage[]): Buffer {
  const blobs = new Map<string, Blob>();
  const add = (bytes: Buffer): Blob => {
    const blob = { digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, bytes };
    blobs.set(blob.digest, blob);
    return blob;
  };
  const manifests = images.map((image) => addImage(image, add));
  const only = manifests.length === 1 ? manifests[0] : undefined;
  const top =
    only ??
    describe(
      "application/vnd.oci.image.index.v1+json",
      add(json({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests })),
    );
  const index = {
    schemaVersion: 2,
    manifests: [{ ...top, annotations: { "org.opencontainers.image.ref.name": name } }],
  };
  const files: Entry[] = [
    { path: "oci-layout", type: "file", content: json({ imageLayoutVersion: "1.0.0" }), mode: 0o644 },
    { path: "index.json", type: "file", content: json(index), mode: 0o644 },
    { path: "blobs", type: "directory" },
    { path: "blobs/sha256", type: "directory" },
  ];
  for (const { digest, bytes } of [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1)))
    files.push({ path: `blobs/${digest.replace(":", "/")}`, type: "file", content: bytes, mode: 0o644 });
  return tar(files);
}

function addImage(image: PlatformImage, add: (bytes: Buffer) => Blob): object {
  const layers = image.layers.map(({ entries }) => add(tar(entries)));
  const config = add(
    json({
      created,
      architecture: image.architecture,
      os: "linux",
      config: { Env: image.env, Entrypoint: image.entrypoint, Labels: image.labels },
      // Uncompressed: the layer's digest is its diffID.
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
      history: image.layers.map(({ createdBy }) => ({ created, created_by: createdBy })),
    }),
  );
  const manifest = add(
    json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: describe("application/vnd.oci.image.config.v1+json", config),
      layers: layers.map((layer) => describe("application/vnd.oci.image.layer.v1.tar", layer)),
    }),
  );
  const platform = { architecture: image.architecture, os: "linux" };
  return { ...describe("application/vnd.oci.image.manifest.v1+json", manifest), platform };
}

function describe(mediaType: string, { digest, bytes }: Blob) {
  return { mediaType, digest, size: bytes.length };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A ustar archive. Names are short by construction; a long one is a mistake here. */
export function tar(entries: Entry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.type === "file" ? entry.content : Buffer.alloc(0);
    return [tarHeader(entry, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function tarHeader(entry: Entry, size: number): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, width: number) =>
    header.write(value.toString(8).padStart(width - 1, "0"), at);
  const name = entry.type === "directory" ? `${entry.path}/` : entry.path;
  if (name.length > 100) throw new Error(`${name} is too long for this writer`);
  header.write(name, 0);
  octal(entry.type === "file" ? entry.mode : entry.type === "link" ? 0o777 : 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(seconds, 136, 12);
  header.write({ file: "0", link: "2", directory: "5" }[entry.type], 156);
  if (entry.type === "link") header.write(entry.target, 157);
  header.write("ustar\0", 257);
  header.write("00", 263);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
