import { constants, crc32, deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
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

/** Frames of zstd as nobody's program writes them, by hand (RFC 8878, section 3.1.1). */
describe("zstd frames with a header of", () => {
  /** @param header descriptor and what follows it */
  function frame(header: readonly number[], data = content): Buffer {
    const blocks = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header])];
    for (let at = 0; at < data.length; at += 50_000) {
      const part = data.subarray(at, at + 50_000);
      const field = (part.length << 3) | (at + 50_000 >= data.length ? 1 : 0);
      blocks.push(Buffer.from([field & 255, (field >> 8) & 255, field >> 16]), part);
    }
    return Buffer.concat(blocks);
  }
  const size = [content.length & 255, (content.length >> 8) & 255, (content.length >> 16) & 255, 0];
  const window = 10 << 3;

  test.each([
    ["a bit without meaning", [0x10, window]],
    ["a dictionary of number 0", [0x03, window, 0, 0, 0, 0]],
    ["no window and the true size", [0xa0, ...size]],
    ["the largest window", [0x00, 17 << 3]],
  ])("%s", async (_what, header) => {
    expect((await unpack(frame(header))).equals(content)).toBe(true);
    expect((await unpack(Buffer.concat([frame(header), skippable, frame(header)]), 777)).length).toBe(
      2 * content.length,
    );
  });

  test.each([
    ["a reserved bit", [0x08, window], /Unsupported frame parameter/],
    ["a dictionary that nobody has", [0x01, window, 5], /Dictionary mismatch/],
    ["a window smaller than its blocks", [0x00, 0], /corruption/],
    ["a window of 4 TB", [0x00, 0xff], /takes 3932160 MiB of memory, the limit is 128/],
    ["no window and a size of 4 EiB", [0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40], /too much memory/],
    ["a size that is too small", [0xa0, (size[0] ?? 0) - 1, ...size.slice(1)], /./],
    ["a size that is too large", [0xa0, (size[0] ?? 0) + 1, ...size.slice(1)], /./],
  ])("%s", async (_what, header, message) => {
    await expect(unpack(frame(header))).rejects.toThrow(message);
  });

  test("a checksum, right and wrong", async () => {
    const data = zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    expect((await unpack(data)).equals(content)).toBe(true);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    await expect(unpack(data)).rejects.toThrow(/checksum/);
  });

  test("a block that repeats a byte more often than a block may be long, or of the reserved type", async () => {
    const head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, window];
    await expect(unpack(Buffer.from([...head, 0x03, 0x00, 0x80, 7]))).rejects.toThrow();
    await expect(unpack(Buffer.from([...head, 0x07, 0, 0]))).rejects.toThrow("a block of a reserved type");
  });
});

/** Members of gzip with what hardly anybody writes into their header (RFC 1952, section 2.3). */
describe("gzip members with", () => {
  function member(flags: number, fields: Buffer): Buffer {
    const end = Buffer.alloc(8);
    end.writeUInt32LE(crc32(content), 0);
    end.writeUInt32LE(content.length, 4);
    const head = Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]);
    return Buffer.concat([head, fields, deflateRawSync(content), end]);
  }

  test.each([
    ["the largest extra field", 4, Buffer.concat([Buffer.from([255, 255]), Buffer.alloc(65_535, 1)])],
    ["a name of 5 MB", 8, Buffer.concat([Buffer.alloc(5_000_000, 65), Buffer.alloc(1)])],
    ["a comment", 16, Buffer.from("x\0")],
  ])("%s", async (_what, flags, fields) => {
    const data = Buffer.concat([member(flags, fields), member(flags, fields)]);
    expect((await unpack(data)).equals(Buffer.concat([content, content]))).toBe(true);
  });

  test.each([
    ["a wrong checksum of the header", member(2, Buffer.from([1, 2])), /header crc/],
    ["reserved flags", member(0xe0, Buffer.alloc(0)), /flags/],
    ["zstd behind it", Buffer.concat([gzipSync(content), zstdCompressSync(content)]), /./],
    ["a second one that is cut", Buffer.concat([gzipSync(content), gzipSync(content).subarray(0, 40)]), /./],
  ])("%s", async (_what, data, message) => {
    await expect(unpack(data)).rejects.toThrow(message);
  });
});
