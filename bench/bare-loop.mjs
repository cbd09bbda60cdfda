// The least that any program can do in Node with the layers of an image: read each, decompress it, and compute the digests of
// both sides. What else reading an image costs is measured against this.
//
//   node bench/bare-loop.mjs gzip|zstd|none LAYER...     a path, http://HOST/PATH, or unix:SOCKET:/PATH
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip, createZstdDecompress } from "node:zlib";

const [packing, ...layers] = process.argv.slice(2);
for (const layer of layers) await read(await open(layer));

/** @param {string} layer @returns {Promise<import("node:stream").Readable>} */
async function open(layer) {
  const socket = /^unix:([^:]+):(.*)$/.exec(layer);
  if (socket === null && !layer.startsWith("http:")) return createReadStream(layer, { highWaterMark: 512 * 1024 });
  const { get } = await import("node:http");
  const options = socket === null ? layer : { socketPath: socket[1], path: socket[2] };
  return new Promise((resolve, reject) => get(options, resolve).on("error", reject));
}

/** @param {import("node:stream").Readable} source */
async function read(source) {
  const stored = createHash("sha256");
  source.on("data", (chunk) => stored.update(chunk));
  if (packing === "none") await new Promise((resolve, reject) => source.on("end", resolve).on("error", reject));
  else await unpack(source);
  stored.digest();
}

/** With the buffer sizes that cost least. @param {import("node:stream").Readable} source */
async function unpack(source) {
  const unpacked = createHash("sha256");
  const engine =
    packing === "gzip" ? createGunzip({ chunkSize: 256 * 1024 }) : createZstdDecompress({ chunkSize: 1024 * 1024 });
  engine.on("data", (chunk) => unpacked.update(chunk));
  await new Promise((resolve, reject) => source.pipe(engine).on("end", resolve).on("error", reject));
  unpacked.digest();
}
