import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createPrivateKey, createSign, type KeyObject, randomUUID, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { atEnd } from "./at-end.ts";
import { addressOf, listen } from "./listen.ts";
import { hasCommand } from "./roots.ts";

/** Debian's docker-registry, which is the distribution project's, as a process on this machine. */

export interface RunningRegistry {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** Folder with the registry's files. */
  storage: string;
  /** Requests that its token server got; empty without one. */
  tokenRequests: IncomingMessage[];
  /** File with the certificate of its TLS or of its tokens. */
  certificate: string;
}

export type RegistryAuth = "none" | "basic" | "token" | "tls";

export const account = { username: "someone", password: "Pa55-w0rd:with-colon" };
/** A host of another machine, as far as names go; certificates of the tests are for it too. */
export const otherName = "registry.example.test";
const issuer = "test issuer";
const service = "test registry";

/** The tools that are missing for it on this machine; undefined when all are there. */
export function missingRegistryTools(): string | undefined {
  const missing = ["docker-registry", "skopeo", "openssl", "htpasswd"].filter((name) => !hasCommand(name));
  return missing.length > 0 ? `${missing.join(", ")} not installed` : undefined;
}

/** Starts a registry that ends with the test file. */
export async function startRegistry(folder: string, auth: RegistryAuth): Promise<RunningRegistry> {
  mkdirSync(folder, { recursive: true });
  const storage = join(folder, "storage");
  const certificate = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  if (auth === "tls" || auth === "token") makeCertificate(certificate, key);
  const tokenRequests: IncomingMessage[] = [];
  const http: Record<string, unknown> = {
    addr: "127.0.0.1:0",
    ...(auth === "tls" ? { tls: { certificate, key } } : {}),
  };
  const config: Record<string, unknown> = {
    version: "0.1",
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: storage } },
    http,
  };
  if (auth === "basic") config.auth = { htpasswd: { realm: "test", path: writePasswords(folder) } };
  if (auth === "token") {
    const server = await listen(tokenServer(certificate, key, tokenRequests));
    const realm = `http://${addressOf(server)}/token`;
    config.auth = { token: { realm, service, issuer, rootcertbundle: certificate } };
  }
  const file = join(folder, "config.yml");
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", file], { stdio: ["ignore", "ignore", "pipe"], timeout: 900_000 });
  atEnd(() => {
    child.kill();
  });
  return { host: await readAddress(child), storage, tokenRequests, certificate };
}

/** Puts an image into a registry. @param source as skopeo names it */
export async function push(
  registry: RunningRegistry,
  source: string,
  name: string,
  options: readonly string[] = [],
): Promise<void> {
  const login = ["--dest-tls-verify=false", "--dest-creds", `${account.username}:${account.password}`];
  const target = `docker://${registry.host}/${name}`;
  // Not the synchronous way: the token server is in this process.
  const args = ["--insecure-policy", "copy", "-q", "--all", ...login, ...options, source, target];
  await promisify(execFile)("skopeo", args, { timeout: 120_000 });
}

/** The file in which the registry keeps a blob. */
export function blobFile(registry: RunningRegistry, digest: string): string {
  const hex = digest.slice("sha256:".length);
  return join(registry.storage, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
}

function readAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(log)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`docker-registry ended with ${code}: ${log}`)));
  });
}

function writePasswords(folder: string): string {
  const file = join(folder, "htpasswd");
  writeFileSync(file, execFileSync("htpasswd", ["-Bbn", account.username, account.password], { timeout: 30_000 }));
  return file;
}

export function makeCertificate(certificate: string, key: string): void {
  const subject = ["-subj", "/CN=localhost", "-addext", `subjectAltName=DNS:localhost,DNS:${otherName},IP:127.0.0.1`];
  const files = ["-keyout", key, "-out", certificate, "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], {
    stdio: "ignore",
    timeout: 60_000,
  });
}

/** Anybody may read what is not below `private/`; the account may do everything; a wrong password is refused. */
function tokenServer(certificate: string, key: string, requests: IncomingMessage[]): RequestListener {
  const chain = new X509Certificate(readFileSync(certificate)).raw.toString("base64");
  const secret = createPrivateKey(readFileSync(key));
  return (request, response) => {
    requests.push(request);
    const query = new URL(request.url ?? "", "http://localhost").searchParams;
    const expected = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== expected) {
      response.writeHead(401).end("{}");
      return;
    }
    const access = query.getAll("scope").flatMap((scope) => {
      const [type = "", name = "", actions = ""] = scope.split(":");
      const wanted = actions.split(",");
      const isOpen = !name.startsWith("private/");
      const granted = authorization !== undefined ? wanted : wanted.filter((action) => action === "pull" && isOpen);
      return granted.length === 0 ? [] : [{ type, name, actions: granted }];
    });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token: signToken({ access }, secret, chain) }));
  };
}

function signToken(claims: Record<string, unknown>, key: KeyObject, chain: string): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = encode({ typ: "JWT", alg: "RS256", x5c: [chain] });
  const times = { exp: now + 600, nbf: now - 10, iat: now };
  const body = encode({ iss: issuer, sub: "", aud: service, jti: randomUUID(), ...times, ...claims });
  const signature = createSign("RSA-SHA256").update(`${header}.${body}`).sign(key).toString("base64url");
  return `${header}.${body}.${signature}`;
}
