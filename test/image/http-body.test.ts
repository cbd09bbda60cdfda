import { Agent, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPieces } from "../../src/image/http-body.ts";
import { READ, readingAgent } from "../../src/image/reading-agent.ts";
import { listen } from "../support/listen.ts";

async function answerOf(agent: Agent, respond: (response: ServerResponse) => void): Promise<IncomingMessage> {
  const server = await listen((_, response) => respond(response));
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => get({ host: "127.0.0.1", port, agent }, resolve).on("error", reject));
}

/** Keeps each piece as long as it may be kept: until the next but one is asked for. */
async function collect(body: Readable): Promise<{ data: Buffer; error?: unknown }> {
  const parts: Buffer[] = [];
  let held: Buffer | undefined;
  const keep = () => {
    if (held !== undefined) parts.push(Buffer.from(held));
    held = undefined;
  };
  try {
    for await (const piece of readPieces(body)) {
      keep();
      held = piece;
    }
    keep();
    return { data: Buffer.concat(parts) };
  } catch (error) {
    keep();
    return { data: Buffer.concat(parts), error };
  }
}

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 9));

test("chunks of any size, larger than a piece too", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700_000 }), { maxLength: 6 }), async (sizes) => {
      // Memory of their own, as chunks of a socket have: it is given back.
      const chunks = sizes
        .map((size, i) => Uint8Array.from(content.subarray(i, i + size)))
        .map((bytes) => Buffer.from(bytes.buffer));
      const whole = Buffer.concat(chunks);
      const { data, error } = await collect(Readable.from(chunks, { objectMode: false }));
      expect(error).toBeUndefined();
      expect(data.equals(whole)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

describe.each([
  ["Node's connections", () => new Agent()],
  ["connections that read into the same memory", () => readingAgent(new Agent(), READ)],
])("%s", (_, createAgent) => {
  const agent = createAgent();

  test("a body comes out whole and in order, however its server cuts it", async () => {
    for (const size of [content.length, 100_000, 4096, 7]) {
      const part = content.subarray(0, size === 7 ? 20_000 : content.length);
      const body = await answerOf(agent, (response) => {
        for (let at = 0; at < part.length; at += size) response.write(part.subarray(at, at + size));
        response.end();
      });
      const { data, error } = await collect(body);
      expect(error).toBeUndefined();
      expect(data.equals(part)).toBe(true);
    }
  });

  test("what came before a cut is handed out, then the error is thrown", async () => {
    const body = await answerOf(agent, (response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000), () => setTimeout(() => response.destroy(), 50));
    });
    const { data, error } = await collect(body);
    expect(data.equals(content.subarray(0, 1000))).toBe(true);
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });

  test("a reader that stops early closes the connection", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const body = await answerOf(agent, (response) => {
      closed = new Promise((resolve) => response.on("close", resolve));
      response.write(content);
    });
    for await (const piece of readPieces(body)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await closed;
    expect(body.destroyed).toBe(true);
  });
});
