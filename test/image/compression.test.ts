import { gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decompress } from "../../src/image/compression/decompress.ts";
import { defaultLimits } from "../../src/image/limits.ts";

/** Pieces of a buffer that is overwritten by the next piece but one, as the readers of files give them. */
async function* pieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  const buffers = [Buffer.alloc(size), Buffer.alloc(size)];
  for (let at = 0, turn = 0; at < data.length; at += size, turn++) {
    const buffer = buffers[turn % 2] as Buffer;
    yield buffer.subarray(0, data.copy(buffer, 0, at, at + size));
  }
}

async function unpack(data: Buffer, size = 200_000): Promise<Buffer> {
  const output: Buffer[] = [];
  const keep = (chunk: Buffer) => void output.push(Buffer.from(chunk));
  await decompress(pieces(data, size), keep, { limits: defaultLimits });
  return Buffer.concat(output);
}

const content = Buffer.from(Array.from({ length: 90_000 }, (_, i) => (i * i) >> 7));
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from("abc")]);

test("zstd: whatever frames and pieces it comes in", async () => {
  const frame = fc.oneof(
    fc.constant(skippable),
    fc
      .record({ from: fc.nat(80_000), length: fc.nat(9_000) })
      .map(({ from, length }) => content.subarray(from, from + length)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 5000 }),
      async (frames, size) => {
        const data = frames.map((part) => (part === skippable ? part : zstdCompressSync(part)));
        const expected = Buffer.concat(frames.filter((part) => part !== skippable));
        expect((await unpack(Buffer.concat(data), size)).equals(expected)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});

test("zstd: frames too large to be unpacked at once, with and without what follows", async () => {
  const large = Buffer.concat(Array.from({ length: 60 }, (_, i) => content.map((byte) => byte ^ (i * 37))));
  const zeros = Buffer.alloc(5_000_000);
  const data = [zstdCompressSync(large), skippable, zstdCompressSync(zeros), zstdCompressSync(content)];
  for (const size of [70_000, 524_288]) {
    const unpacked = await unpack(Buffer.concat(data), size);
    expect(unpacked.equals(Buffer.concat([large, zeros, content]))).toBe(true);
  }
});

test("gzip: members end anywhere in the pieces", async () => {
  const members = [content, Buffer.alloc(0), content.subarray(5), Buffer.from("end")];
  const data = Buffer.concat(members.map((part) => gzipSync(part)));
  // Node's streams take pieces of less than their high water mark without waiting; such sources must not reuse buffers.
  for (const size of [70_000, 131_072, 524_288, gzipSync(content).length]) {
    async function* copies(): AsyncGenerator<Buffer> {
      for (let at = 0; at < data.length; at += size) yield Buffer.from(data.subarray(at, at + size));
    }
    const output: Buffer[] = [];
    const keep = (chunk: Buffer) => void output.push(Buffer.from(chunk));
    await decompress(copies(), keep, { limits: defaultLimits });
    expect(Buffer.concat(output).equals(Buffer.concat(members))).toBe(true);
  }
});

test("what cannot be unpacked", async () => {
  const zstd = zstdCompressSync(content);
  // A frame header that asks for a window of 256 MiB.
  const wide = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3, 1, 0, 0]);
  await expect(unpack(wide)).rejects.toThrow("takes 256 MiB of memory");
  await expect(unpack(Buffer.concat([zstd, Buffer.from("garbage!")]))).rejects.toThrow(
    "no frame where one should begin",
  );
  await expect(unpack(skippable.subarray(0, 6))).rejects.toThrow("truncated");
  await expect(unpack(zstd.subarray(0, zstd.length - 1))).rejects.toThrow("truncated");
  await expect(unpack(gzipSync(content).subarray(0, 500))).rejects.toThrow();
});
