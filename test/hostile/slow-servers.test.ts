import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { LimitError } from "../../src/model/error.ts";
import { addressOf, listen, listenForSockets } from "../support/listen.ts";
import { keepNothing } from "../support/probes.ts";

/** Servers that always send something and never come to an end: no silence ends them, the time for a request does. */

/** Sends a byte now and then, for ever. */
function drip(response: ServerResponse, status = 200): void {
  response.writeHead(status);
  const timer = setInterval(() => response.write(" "), 50);
  response.on("close", () => clearInterval(timer));
}

function read(host: string) {
  return openImages(`docker://${host}/team/app:1`, {
    probe: keepNothing,
    env: { DOCKER_CONFIG: "/nonexistent" },
    limits: { requestSeconds: 0.5, idleSeconds: 20, networkSeconds: 30 },
  });
}

async function expectLimit(host: string): Promise<void> {
  const error: unknown = await read(host).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LimitError);
  expect((error as LimitError).limit).toBe("request-time");
}

test("a manifest", async () => {
  await expectLimit(addressOf(await listen((_request, response) => drip(response))));
});

test("a token", async () => {
  const tokens = await listen((_request, response) => drip(response));
  const challenge = { "www-authenticate": `Bearer realm="http://${addressOf(tokens)}/"` };
  await expectLimit(addressOf(await listen((_request, response) => response.writeHead(401, challenge).end())));
});

test("an answer that switches to another protocol ends the request at once, from a registry and from a daemon", async () => {
  const server = await listenForSockets((socket) => {
    socket.once("data", (data) => {
      const isTls = data[0] === 0x16;
      if (isTls) socket.end("no TLS here\r\n");
      else socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    });
  });
  const host = addressOf(server);
  await expect(read(host)).rejects.toThrow(/its answer is not HTTP \(HPE_UPGRADE\)$/);
  const opened = openImages("docker-daemon:app:1", { probe: keepNothing, env: { DOCKER_HOST: `tcp://${host}` } });
  await expect(opened).rejects.toThrow(/its answer is not HTTP \(HPE_UPGRADE\)$/);
});

test.each([
  ["is silent", (_socket: Socket) => {}],
  [
    "says that it is connected to a server, which is silent",
    (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"),
  ],
])("a proxy that %s: the time for a request counts, and its connection is closed", async (_what, answer) => {
  const closed: Promise<unknown>[] = [];
  const proxy = await listenForSockets((socket) => {
    closed.push(new Promise((resolve) => socket.on("close", resolve)));
    socket.once("data", () => answer(socket));
  });
  const HTTPS_PROXY = `http://${addressOf(proxy)}`;
  const opened = openImages("docker://registry.example.test/app:1", {
    probe: keepNothing,
    env: { DOCKER_CONFIG: "/nonexistent", HTTPS_PROXY },
    limits: { requestSeconds: 0.5, idleSeconds: 20, networkSeconds: 30 },
  });
  await expect(opened).rejects.toMatchObject({ limit: "request-time" });
  expect(closed).toHaveLength(1);
  await Promise.all(closed);
});

test.each([
  ["of single bytes", "x"],
  ["of headers", "X: y\r\n"],
  ["of large pieces", "x".repeat(1 << 16)],
])("a proxy whose answer is an endless number %s is heard for a short while only", async (_what, piece) => {
  let sent = 0;
  const proxy = await listenForSockets((socket) => {
    socket.setNoDelay();
    let timer: NodeJS.Immediate;
    function send(): void {
      sent++;
      if (socket.write(piece)) timer = setImmediate(send);
      else socket.once("drain", send);
    }
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n", send));
    socket.on("close", () => clearImmediate(timer));
  });
  const opened = openImages("docker://registry.example.test/app:1", {
    probe: keepNothing,
    env: { DOCKER_CONFIG: "/nonexistent", HTTPS_PROXY: `http://${addressOf(proxy)}` },
  });
  await expect(opened).rejects.toThrow(/: the proxy of HTTPS_PROXY does not connect to it \(ERR_PROXY_TUNNEL\)$/);
  expect(sent * piece.length).toBeLessThan(8 << 20);
});

test("the text of an error, which says no more than its status", async () => {
  const registry = await listen((_request, response) => drip(response, 404));
  await expect(read(addressOf(registry))).rejects.toThrow(/has no manifest 1 of team\/app$/);
});
