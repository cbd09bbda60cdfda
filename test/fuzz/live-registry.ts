import { createServer, type Server, type Socket } from "node:net";
import { openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { ReadLimits } from "../../src/model/limits.ts";
import { addImage, addIndex, buildLayer, type Files } from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";
import { type Edit, mutate } from "./mutate.ts";

/**
 * A registry whose answers are changed byte by byte on their way: status line, headers, the lengths of chunks, bodies. The
 * image is asked for by digest, so whatever comes back is the same image or an error.
 */

/** What happens to an answer. */
export interface Disturbance {
  /** Which answer of the conversation. */
  nth: number;
  edits: Edit[];
  /** Header lines that are added. */
  headers: string[];
  status: number | undefined;
  chunked: boolean;
}

export interface Conversation {
  wantsToken: boolean;
  disturbances: Disturbance[];
}

const layer = buildLayer([
  { name: "usr/sbin/nft", content: "#!/bin/sh\nexec nft.real\n", mode: 0o755 },
  { name: "usr/sbin/iptables", flag: "2", linkname: "nft" },
]);
const files: Files = new Map();
const index = addIndex(files, [
  { ...addImage(files, [layer]), platform: { os: "linux", architecture: "amd64" } },
  { ...addImage(files, [layer], { architecture: "arm64" }), platform: { os: "linux", architecture: "arm64" } },
]);
const TOKEN = "t0ken-of-the-registry";
const credentials = { username: "someone", password: "Pa55-w0rd" };
/** Seconds: enough for one more try after a failure. */
const impatient = { networkSeconds: 0.45, idleSeconds: 0.2 };

function answerTo(
  head: string,
  { wantsToken }: Conversation,
  host: string,
): { status: number; headers: string[]; body: Buffer } {
  const path = /^GET (\S+)/.exec(head)?.[1] ?? "";
  const isAllowed = !wantsToken || head.includes(`Bearer ${TOKEN}`);
  if (path.startsWith("/token"))
    return { status: 200, headers: [], body: Buffer.from(JSON.stringify({ token: TOKEN })) };
  if (!isAllowed) {
    const challenge = `www-authenticate: Bearer realm="http://${host}/token",service="x"`;
    return { status: 401, headers: [challenge], body: Buffer.from('{"errors":[{"code":"UNAUTHORIZED"}]}') };
  }
  const blob = files.get(`blobs/${/sha256:[0-9a-f]{64}/.exec(path)?.[0].replace(":", "/")}`);
  return blob === undefined
    ? { status: 404, headers: [], body: Buffer.alloc(0) }
    : { status: 200, headers: [`docker-content-digest: ${path.split("/").at(-1)}`], body: blob };
}

function serialise(
  answer: { status: number; headers: string[]; body: Buffer },
  { edits, headers, status, chunked }: Omit<Disturbance, "nth">,
): Buffer {
  const { body } = answer;
  const length = chunked ? "transfer-encoding: chunked" : `content-length: ${body.length}`;
  const lines = [`HTTP/1.1 ${status ?? answer.status} X`, length, ...answer.headers, ...headers];
  const half = Math.ceil(body.length / 2);
  const pieces = chunked ? [body.subarray(0, half), body.subarray(half), Buffer.alloc(0)] : [body];
  const framed = pieces.flatMap((piece) =>
    chunked ? [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")] : [piece],
  );
  return mutate(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), ...framed]), edits);
}

const PLAIN: Omit<Disturbance, "nth"> = { edits: [], headers: [], status: undefined, chunked: false };

async function listen(onRequest: (head: string, socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    let head = "";
    socket.on("error", () => {});
    socket.on("data", (data) => {
      head += data.toString("latin1");
      // TLS is tried first.
      if (!/^[A-Z]/.test(head)) return void socket.destroy();
      for (let end = head.indexOf("\r\n\r\n"); end >= 0; end = head.indexOf("\r\n\r\n")) {
        onRequest(head.slice(0, end), socket);
        head = head.slice(end + 4);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const hostOf = (server: Server) => `127.0.0.1:${(server.address() as { port: number }).port}`;

/** Reads the image from a registry that answers so. @returns what was read; empty when an error said that it can't be */
async function converse(conversation: Conversation, limits: Partial<ReadLimits> = impatient): Promise<string> {
  const heard: string[] = [];
  const told = await readWhileListening(conversation, limits, heard);
  if (heard.some((head) => head.includes(TOKEN))) throw new Error("the token went to another host");
  return told;
}

/** @param heard gets the heads of the requests that another host was sent */
async function readWhileListening(
  conversation: Conversation,
  limits: Partial<ReadLimits>,
  heard: string[],
): Promise<string> {
  const other = await listen((head, socket) => {
    heard.push(head);
    socket.end("HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n");
  });
  let nth = 0;
  // Known before the first request, and still when one comes late to a server that is being closed.
  const hosts = { other: hostOf(other), self: "" };
  const registry = await listen((head, socket) => {
    const disturbance = conversation.disturbances.find((one) => one.nth === nth) ?? PLAIN;
    nth++;
    const headers = disturbance.headers.map((line) => line.replace("OTHER", hosts.other).replace("SELF", hosts.self));
    socket.write(serialise(answerTo(head, conversation, hosts.self), { ...disturbance, headers }));
  });
  hosts.self = hostOf(registry);
  try {
    const reference = `docker://${hosts.self}/team/app@${index.digest}`;
    const env = { DOCKER_CONFIG: "/nonexistent" };
    const images = await openImages(reference, { probe: keepAll, limits, env, credentials });
    return JSON.stringify(images.map(({ platforms }) => platforms.map(({ tree }) => [...tree.walk()])));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (/[\n\r]|Pa55|t0ken|signature-of-the/.test(error.message)) throw new Error(`not for a log: ${error.message}`);
    return "";
  } finally {
    for (const server of [registry, other]) server.close();
  }
}

let expected: Promise<string> | undefined;

/** @throws Error for another image than the one that was asked for */
export async function checkConversations(conversations: readonly Conversation[]): Promise<void> {
  // Undisturbed it is read, however busy the machine is.
  expected ??= converse({ wantsToken: true, disturbances: [] }, {});
  const whole = await expected;
  if (!whole.includes("nft.real")) throw new Error("the image itself is not read");
  const results = await Promise.all(conversations.map((conversation) => converse(conversation)));
  if (results.some((result) => result !== "" && result !== whole)) throw new Error("another image was read");
}
