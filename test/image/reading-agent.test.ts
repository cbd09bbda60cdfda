import { get, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createReadingAgent, READ } from "../../src/image/reading-agent.ts";
import { listenForSockets } from "../support/listen.ts";

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 9));

/** Writes to everyone who connects. @returns the port */
async function serve(write: (socket: Socket) => void): Promise<number> {
  return ((await listenForSockets(write)).address() as AddressInfo).port;
}

test("what is read lands in the same memory, and nothing of it is in the body", async () => {
  const port = await serve((socket) => socket.end(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), content])));
  const memories = new Set<ArrayBufferLike>();
  const request = get({ host: "127.0.0.1", port, agent: createReadingAgent() });
  request.on("socket", (socket) => socket.on("data", ({ buffer }: Buffer) => memories.add(buffer)));
  const answer = await new Promise<IncomingMessage>((resolve) => request.on("response", resolve));
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
  expect(request.socket?.bytesRead).toBeGreaterThan(content.length);
  expect(memories.size).toBe(1);
  expect(chunks.filter(({ buffer }) => memories.has(buffer))).toEqual([]);
});

test("what waits for a slow reader is neither overwritten nor without bounds", async () => {
  const port = await serve((socket) => socket.end(content));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 8 }), async (pauses) => {
      const { createConnection } = createReadingAgent();
      const socket = createConnection({ host: "127.0.0.1", port }) as Socket;
      const parts: Buffer[] = [];
      let taken = 0;
      // Nobody takes what comes as it comes: it is asked for, with turns of the event loop between.
      socket.on("readable", () => {});
      while (!socket.readableEnded) {
        for (let left = pauses[taken++ % pauses.length] ?? 0; left >= 0; left--) await turn();
        expect(socket.readableLength).toBeLessThan(socket.readableHighWaterMark + READ);
        const part = socket.read();
        if (part !== null) parts.push(part);
      }
      expect(Buffer.concat(parts).equals(content)).toBe(true);
    }),
    { numRuns: 10 },
  );
});

test("a host with several addresses: the next one is tried", async () => {
  const port = await serve((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nhere"));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const addresses = ["::1", "127.0.0.1"].map((address, i) => ({ address, family: i === 0 ? 6 : 4 }));
    const request = get({
      host: "daemon.example",
      port,
      agent: createReadingAgent(),
      lookup: (_name, _options, found) => found(null, addresses),
    });
    request.on("response", resolve).on("error", reject);
  });
  expect(Buffer.concat(await answer.toArray()).toString()).toBe("here");
});
