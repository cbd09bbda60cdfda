import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { type Agent, type IncomingMessage, request as requestHttp } from "node:http";
import type { Socket } from "node:net";
import { UserError } from "../model/error.ts";
import { errorCode } from "./errors.ts";
import { readPieces } from "./http-body.ts";
import { exceeded, type ReadLimits } from "./limits.ts";

export interface HttpRequest {
  /** With a socket, `http://localhost/PATH`. */
  url: URL;
  method?: "GET" | "HEAD" | "POST";
  headers?: Record<string, string>;
  body?: string;
  agent: Agent;
  /** Unix socket to connect to instead of the URL's host. */
  socketPath?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds without a byte in either direction after which the request fails; 0 = never. */
  idle: number;
  /** Of these the time for a whole request counts, its answer's body included. */
  limits?: ReadLimits;
}

export interface HttpResponse {
  status: number;
  /** By lower-case name; repeated ones are joined. */
  header(name: string): string | undefined;
  body: IncomingMessage;
}

/** What went wrong with a connection, as opposed to an answer that says no. */
export interface ConnectionFailure {
  /** For the end of a sentence: `the connection was refused (ECONNREFUSED)`. */
  problem: string;
  /** Trying again may help. */
  passing: boolean;
}

const USER_AGENT = "netfilter-compat";

/** Node's HTTPS, loaded only where it is spoken: its TLS takes a tenth of what reading a small image from a file does. */
export function loadHttps() {
  return process.getBuiltinModule("node:https");
}

/**
 * Sends a request and gives the answer's head; its body is a stream of bytes as they came, nothing decoded. Redirects are
 * answers like others. `node:http` rather than fetch: it speaks to sockets, takes a proxy for each agent, never decodes, and
 * costs less CPU a byte.
 * @throws the error of the connection, see {@link describeConnection}; one with the code ABORT_ERR when the signal is aborted
 */
export function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const { url, method = "GET", headers, body, agent, socketPath, signal, idle, limits } = request;
  const send = url.protocol === "https:" ? loadHttps().request : requestHttp;
  const sockets = new Set<Socket>();
  function onOpened(socket: Socket): void {
    sockets.add(socket);
    // One without TLS leads to a proxy.
    if (url.protocol === "https:" && !("encrypted" in socket)) boundTunnel(socket, () => isThrough);
  }
  let isThrough = false;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw stopped(signal);
    const sent = withSockets(onOpened, () =>
      send(url, {
        method,
        agent,
        timeout: idle,
        headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers },
        ...(socketPath === undefined ? {} : { socketPath }),
      }),
    );
    let begun: IncomingMessage | undefined;
    /** A request that has no connection yet can be destroyed and tells nobody, while its connection goes on. */
    function fail(error: Error): void {
      stop();
      clearTimeout(opening);
      reject(error);
      (begun ?? sent).destroy(error);
      for (const socket of sockets) if (begun === undefined) socket.destroy();
    }
    const stop = startTimers(fail, { signal, limits });
    const onIdle = () => fail(Object.assign(new Error("no byte came"), { code: "ETIMEDOUT" }));
    // Also while a connection is made through a proxy: Node begins to count when it is there.
    const opening = idle === 0 ? undefined : setTimeout(onIdle, OPENING * idle);
    sent.on("socket", () => {
      isThrough = true;
      clearTimeout(opening);
    });
    sent.on("timeout", onIdle);
    sent.on("error", fail);
    // Nobody asked for another protocol, and Node tells of that answer in this way only.
    sent.on("upgrade", (_answer, socket) => {
      socket.destroy();
      fail(Object.assign(new Error("it wants another protocol"), { code: "HPE_UPGRADE" }));
    });
    sent.on("close", () => {
      clearTimeout(opening);
      if (begun === undefined) fail(Object.assign(new Error("it ended without an answer"), { code: "ECONNRESET" }));
    });
    sent.on("response", (answer) => {
      begun = answer;
      answer.on("close", stop);
      resolve({
        status: answer.statusCode ?? 0,
        header(name) {
          const value = answer.headers[name];
          return Array.isArray(value) ? value.join(", ") : value;
        },
        body: answer,
      });
    });
    sent.end(body);
  });
}

/** Making a connection takes several answers: name, proxy, TLS. */
const OPENING = 2;

/** Ends a request, together with the answer that may have begun, when its time or that of all is over. @returns an end */
function startTimers(
  fail: (error: Error) => void,
  { signal, limits }: { signal: AbortSignal | undefined; limits: ReadLimits | undefined },
): () => void {
  const timer =
    limits === undefined
      ? undefined
      : setTimeout(() => fail(exceeded("request-time", limits)), limits.requestSeconds * 1000);
  const onAbort = () => fail(stopped(signal));
  signal?.addEventListener("abort", onAbort);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}

function stopped(signal: AbortSignal | undefined): Error {
  return Object.assign(new Error("it was stopped", { cause: signal?.reason }), { code: "ABORT_ERR" });
}

/** Told of sockets that the request which is being made opens; behind a proxy Node gives them to nobody before TLS is there. */
const opened = new AsyncLocalStorage<(socket: Socket) => void>();
let isWatched = false;

function withSockets<T>(onOpened: (socket: Socket) => void, make: () => T): T {
  if (!isWatched)
    subscribe("net.client.socket", (message) => opened.getStore()?.((message as { socket: Socket }).socket));
  isWatched = true;
  return opened.run(onOpened, make);
}

/** Bytes and pieces of what a proxy says before it lets TLS through: a line and some headers, in one piece as a rule. */
const TUNNEL_BYTES = 64 * 1024;
const TUNNEL_PIECES = 10;

/**
 * Ends a connection to a proxy whose answer does not end. Node 24 keeps all of it, and with each piece listens twice as often
 * to the next (establishTunnel in lib/https.js): thirty bytes, each on its own, take a gigabyte.
 */
function boundTunnel(socket: Socket, isThrough: () => boolean): void {
  let pieces = 0;
  // So many listeners are Node's own.
  socket.setMaxListeners(0).on("readable", () => {
    if (isThrough() || (++pieces <= TUNNEL_PIECES && socket.bytesRead <= TUNNEL_BYTES)) return;
    socket.destroy(Object.assign(new Error("the proxy's answer does not end"), { code: "ERR_PROXY_TUNNEL" }));
  });
}

/**
 * Reads a small body whole. It is gathered in one buffer: a body of single bytes takes no more memory than any other.
 * @returns undefined when it is larger than `limit` bytes
 * @throws the error of the connection when the body is cut
 */
export async function readBody({ body }: HttpResponse, limit: number): Promise<Buffer | undefined> {
  let buffer = Buffer.alloc(0);
  let size = 0;
  try {
    for await (const chunk of readPieces(body)) {
      if (size + chunk.length > limit) return undefined;
      if (size + chunk.length > buffer.length) {
        const larger = Buffer.alloc(Math.max(2 * buffer.length, size + chunk.length));
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      size += chunk.copy(buffer, size);
    }
  } finally {
    body.destroy();
  }
  return buffer.subarray(0, size);
}

const PASSING = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"]);

/** Codes of certificates that are not trusted, as OpenSSL and Node name them. */
const CERTIFICATE = /CERT|UNABLE_TO_|SELF_SIGNED|SIGNATURE_FAILURE|ERR_TLS_CERT/;

/** Tells failures of a connection from defects of ours: undefined for anything else. */
export function describeConnection(error: unknown): ConnectionFailure | undefined {
  const code = errorCode(error);
  if (code === undefined || error instanceof UserError) return undefined;
  if (/^ERR_SSL_.*ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA)/.test(code))
    return { problem: `it refuses the TLS certificate of this side, or that there is none (${code})`, passing: false };
  if (CERTIFICATE.test(code))
    return {
      problem: `its TLS certificate is not trusted (${code}): set NODE_EXTRA_CA_CERTS to the file of the authority that signed it`,
      passing: false,
    };
  if (code === "ECONNREFUSED") return { problem: `the connection was refused (${code})`, passing: false };
  if (code === "ENOTFOUND") return { problem: `there is no host of that name (${code})`, passing: false };
  if (code === "ETIMEDOUT") return { problem: `it did not answer in time (${code})`, passing: true };
  if (code === "ERR_PROXY_TUNNEL")
    return { problem: `the proxy of HTTPS_PROXY does not connect to it (${code})`, passing: false };
  if (PASSING.has(code)) return { problem: `the connection was cut (${code})`, passing: true };
  if (/^HPE_/.test(code)) return { problem: `its answer is not HTTP (${code})`, passing: true };
  if (/^(E[A-Z0-9]+|ERR_SSL_.*|ERR_TLS_.*|ERR_PROXY_.*)$/.test(code) && !/^ERR_INVALID|^ERR_HTTP_INVALID/.test(code))
    return { problem: `the connection failed (${code})`, passing: false };
  return undefined;
}
