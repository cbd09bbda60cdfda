import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd } from "./at-end.ts";
import { hasCommand } from "./roots.ts";

/** Docker's daemon, and a small server that answers like it with an archive made elsewhere. */

export interface StandIn {
  server: Server;
  requests: string[];
}

/**
 * Answers the three requests of the Engine API that are needed to read an image.
 * @param archive what it holds under `name`, which has a tag
 * @param answer may answer a request in another way; true = it did
 */
export function createStandIn(
  name: string,
  archive: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): StandIn {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    requests.push(url);
    if (answer(request, response)) return;
    response.setHeader("api-version", "1.48");
    const asked = /^\/images\/(.+)\/(json|get)(\?.*)?$/.exec(url);
    if (url === "/_ping") response.end("OK");
    else if (asked?.[2] === "json" && (asked[1] === name || `${asked[1]}:latest` === name))
      response.end(JSON.stringify({ Id: `sha256:${"c0ffee".repeat(10)}abcd`, RepoTags: [name] }));
    else if (asked?.[2] === "get" && asked[1] === name) response.end(readFileSync(archive));
    else response.writeHead(404).end(JSON.stringify({ message: `No such image: ${asked?.[1]}` }));
  });
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, requests };
}

/** Why this machine cannot run Docker's daemon; undefined when it can. */
export function missingDaemon(): string | undefined {
  if (process.getuid?.() !== 0) return "a daemon needs to be run by root";
  const missing = ["dockerd", "containerd", "docker", "runc"].filter((name) => !hasCommand(name));
  return missing.length > 0 ? `${missing.join(", ")} not installed` : undefined;
}

/**
 * Runs a daemon of its own, without networks, until the test file's end.
 * @returns its DOCKER_HOST
 */
export async function startDaemon(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "netfilter-compat-dockerd-"));
  const socket = join(folder, "docker.sock");
  const folders = [`--data-root=${join(folder, "data")}`, `--exec-root=${join(folder, "exec")}`];
  const quiet = ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none"];
  const place = [`--pidfile=${join(folder, "docker.pid")}`, "-H", `unix://${socket}`];
  const args = ["--storage-driver=vfs", ...quiet, ...folders, ...place];
  const child = spawn("dockerd", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  atEnd(async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  for (let tries = 0; tries < 100; tries++) {
    if (existsSync(socket) && isReady(socket)) return `unix://${socket}`;
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`);
    await sleep(200);
  }
  throw new Error("dockerd did not become ready in 20 s");
}

function isReady(socket: string): boolean {
  try {
    execFileSync("docker", ["-H", `unix://${socket}`, "version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
