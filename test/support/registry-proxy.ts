import { readFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { addressOf, listen } from "./listen.ts";
import { blobFile, type RunningRegistry } from "./registry-server.ts";

/** Servers that stand between a reader and a registry, and what they do to its answers. */

export type Fault =
  /** The connection ends after so many bytes of the body; `length`: the header still promises all. */
  | { cut: number }
  | { status: number; headers?: Record<string, string>; body?: string }
  /** One byte of the body is another. */
  | { flip: number }
  /** More bytes follow, and the length says so. */
  | { append: number }
  /** The body ends early, and the length says so. */
  | { shorten: number }
  /** Ranges are ignored, and the connection cut. */
  | { wholeAndCut: number }
  /** The answer says that it is this part (`Content-Range`); empty: it does not say. */
  | { range: string }
  /** Nothing more comes after so many bytes. */
  | { stall: number };

export interface Recorded {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
}

export interface Proxy {
  host: string;
  requests: Recorded[];
}

/**
 * Passes requests on to a registry.
 * @param choose what to do to the answer of a request; `nth` counts the requests for its path, from 1
 */
export async function startProxy(
  registry: RunningRegistry,
  choose: (path: string, nth: number) => Fault | undefined,
): Promise<Proxy> {
  const requests: Recorded[] = [];
  const counts = new Map<string, number>();
  const server = await listen((request, response) => {
    const path = request.url ?? "";
    requests.push({ method: request.method ?? "", path, headers: request.headers });
    const nth = (counts.get(path) ?? 0) + 1;
    counts.set(path, nth);
    const fault = choose(path, nth);
    if (fault !== undefined && "status" in fault) {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
      return;
    }
    const headers = { ...request.headers };
    if (fault !== undefined && "wholeAndCut" in fault) delete headers.range;
    const [hostname, port] = registry.host.split(":");
    send({ hostname, port, path, method: request.method, headers }, (answer) => {
      void passOn(answer, response, fault);
    }).end();
  });
  return { host: addressOf(server), requests };
}

async function passOn(answer: IncomingMessage, response: ServerResponse, fault: Fault | undefined): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  let body: Buffer = Buffer.concat(chunks);
  const length = { "content-length": String(body.length) };
  if (fault !== undefined && "range" in fault) {
    delete answer.headers["content-range"];
    if (fault.range !== "") answer.headers["content-range"] = fault.range;
  }
  const head = (more: Record<string, string>) =>
    response.writeHead(answer.statusCode ?? 0, { ...answer.headers, ...more });
  if (fault === undefined || "status" in fault || "range" in fault) {
    head(length).end(body);
    return;
  }
  if ("flip" in fault) body[fault.flip] = (body[fault.flip] ?? 0) ^ 1;
  if ("append" in fault) body = Buffer.concat([body, Buffer.alloc(fault.append)]);
  if ("shorten" in fault) body = body.subarray(0, body.length - fault.shorten);
  const end =
    "cut" in fault ? fault.cut : "wholeAndCut" in fault ? fault.wholeAndCut : "stall" in fault ? fault.stall : -1;
  if (end < 0) {
    head({ "content-length": String(body.length) }).end(body);
    return;
  }
  head(length).write(body.subarray(0, end), () => {
    if (!("stall" in fault) && end < body.length) response.destroy();
    else if (end >= body.length) response.end();
  });
}

/**
 * A blob store of another origin, as S3 is one: it serves blobs under a key in the query, with ranges, and answers 400 to a
 * request that brings another authorization.
 */
export async function startBlobStore(registry: RunningRegistry): Promise<Proxy> {
  const requests: Recorded[] = [];
  const server = await listen((request, response) => {
    const path = request.url ?? "";
    requests.push({ method: request.method ?? "", path, headers: request.headers });
    if (request.headers.authorization !== undefined || !path.endsWith("?key=secret-of-the-address")) {
      response.writeHead(400).end("Only one auth mechanism allowed");
      return;
    }
    const data = readFileSync(blobFile(registry, path.slice(1).replace(/\?.*/, "")));
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? "0");
    const range = { "content-range": `bytes ${from}-${data.length - 1}/${data.length}` };
    response.writeHead(from > 0 ? 206 : 200, { "content-length": data.length - from, ...(from > 0 ? range : {}) });
    response.end(data.subarray(from));
  });
  return { host: addressOf(server), requests };
}

/**
 * A forward proxy behind which every host is this registry: HTTP CONNECT, and requests that name a whole address.
 * @returns its address and what it was asked for
 */
export async function startTunnel({ host: target }: { host: string }): Promise<{ host: string; targets: string[] }> {
  const targets: string[] = [];
  const [host = "", port] = target.split(":");
  const server = await listen((request, response) => {
    targets.push(request.url ?? "");
    const { pathname, search } = new URL(request.url ?? "");
    const { method, headers } = request;
    send({ host, port, path: pathname + search, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on("connect", (request, socket) => {
    targets.push(request.url ?? "");
    const upstream = connect({ host, port: Number(port) }, async () => {
      // In pieces, as some proxies do.
      for (const piece of ["HTTP/1.1 200 OK\r\n", "Via: 1.1 tunnel\r\n", "\r\n"]) {
        socket.write(piece);
        await turn();
      }
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on("error", () => upstream.destroy());
  });
  return { host: addressOf(server), targets };
}
