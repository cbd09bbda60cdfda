import { readFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { createServer as createTlsServer, get as getTls, Agent as TlsAgent } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { READ, readingAgent, TLS_READ } from "../../src/image/reading-agent.ts";
import { listenForSockets } from "../support/listen.ts";
import { makeCertificate } from "../support/registry-server.ts";
import { hasCommand } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

const scratch = scratchFolder("reading-agent");
const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 9));

/** Writes to everyone who connects. @returns the port */
async function serve(write: (socket: Socket) => void): Promise<number> {
  return ((await listenForSockets(write)).address() as AddressInfo).port;
}

test("what is read lands in the same memory, and nothing of it is in the body", async () => {
  const port = await serve((socket) => socket.end(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), content])));
  const memories = new Set<ArrayBufferLike>();
  const request = get({ host: "127.0.0.1", port, agent: readingAgent(new Agent(), READ) });
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
      const { createConnection } = readingAgent(new Agent(), READ);
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

test("with TLS, also where its reader is slow", async (context) => {
  if (!hasCommand("openssl")) skipTest(context, "reading over TLS into the same memory", "openssl is not installed");
  const [cert, key] = ["cert.pem", "key.pem"].map((name) => join(scratch.path, name)) as [string, string];
  makeCertificate(cert, key);
  const ca = readFileSync(cert);
  const server = createTlsServer({ cert: ca, key: readFileSync(key) }, (_, response) => response.end(content));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const memories = new Set<ArrayBufferLike>();
  const agent = readingAgent(new TlsAgent({ ca, keepAlive: true }), TLS_READ);
  onTestFinished(() => agent.destroy());
  /** @param turns of the event loop between two chunks, at most */
  async function read(turns: number): Promise<boolean> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = getTls({ host: "127.0.0.1", port, agent }, resolve).on("error", reject);
      request.on("socket", (socket) => socket.on("data", ({ buffer }: Buffer) => memories.add(buffer)));
    });
    const parts: Buffer[] = [];
    for await (const chunk of answer) {
      parts.push(chunk);
      for (let left = turns === 0 ? 0 : parts.length % turns; left > 0; left--) await turn();
    }
    return Buffer.concat(parts).equals(content);
  }
  expect(await read(0)).toBe(true);
  expect(memories.size).toBe(1);
  // Over the same connection.
  expect(await read(5)).toBe(true);
});

test("a host with several addresses: the next one is tried", async () => {
  const port = await serve((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nhere"));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const addresses = ["::1", "127.0.0.1"].map((address, i) => ({ address, family: i === 0 ? 6 : 4 }));
    const request = get({
      host: "daemon.example",
      port,
      agent: readingAgent(new Agent(), READ),
      lookup: (_name, _options, found) => found(null, addresses),
    });
    request.on("response", resolve).on("error", reject);
  });
  expect(Buffer.concat(await answer.toArray()).toString()).toBe("here");
});
