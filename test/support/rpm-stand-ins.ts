import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";

/**
 * The files that the committed rpm databases describe. They are committed too: the databases hold their checksums, and the
 * builder of ELF files may change.
 */

const path = fileURLToPath(new URL("../toolchain/fixtures/rpm/stand-ins.json.zst", import.meta.url));
const known: Record<string, string> = existsSync(path)
  ? JSON.parse(zstdDecompressSync(readFileSync(path)).toString())
  : {};

/**
 * @param key tells the file from all others: `iptables 1.8.4 nft`
 * @param make builds one that isn't there yet; with UPDATE_GOLDEN=1 it is kept
 */
export function standIn(key: string, make: () => Buffer): Buffer {
  const bytes = known[key];
  if (bytes !== undefined) return Buffer.from(bytes, "base64");
  if (process.env.UPDATE_GOLDEN !== "1") throw new Error(`${path} has no ${key}; UPDATE_GOLDEN=1 adds it`);
  known[key] = make().toString("base64");
  writeFileSync(path, zstdCompressSync(JSON.stringify(known, undefined, 1)));
  return Buffer.from(known[key], "base64");
}
