import { execFileSync, spawn } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import type { BenchImage, Packing } from "./images.ts";

/** A source of images that runs while the benchmark does. */
export interface Server {
  close(): void;
}

/** Debian's docker-registry on loopback. What it holds stays in the cache. */
export async function startRegistry(cache: string): Promise<Server & { host: string }> {
  const folder = join(cache, "registry");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "config.yml");
  const storage = { filesystem: { rootdirectory: join(folder, "storage") } };
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({ version: "0.1", log: { level: "info" }, storage, http: { addr: "127.0.0.1:0" } }),
  );
  const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
  const host = await new Promise<string>((resolve, reject) => {
    let log = "";
    child.stderr.on("data", (text: Buffer) => {
      log += text;
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(log)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.on("close", () => reject(new Error(`docker-registry ended: ${log.slice(-500)}`)));
  });
  // Its log must be read, or it waits.
  child.stderr.resume();
  return { host, close: () => void child.kill() };
}

/** Puts an image there; quick when it is there already. @returns its name */
export function push(host: string, image: BenchImage, packing: Packing): string {
  const name = `${host}/${image.name}:${packing}`;
  const options = ["--insecure-policy", "copy", "-q", "--dest-tls-verify=false"];
  execFileSync("skopeo", [...options, `oci:${image.layouts[packing]}:latest`, `docker://${name}`]);
  return name;
}

/** What the stand-in for a daemon has. */
export interface DaemonContent {
  /** Name of an image to the archive that `docker save` would write of it. */
  archives: Readonly<Record<string, string>>;
  /** Further files by their path in the URL: what the bare loop reads from the same socket. */
  files: Readonly<Record<string, string>>;
}

/** Docker's daemon says no length and sends chunks of 32 KiB (seen with 28.5, both image stores). */
const CHUNK = 32 * 1024;

/**
 * Answers as Docker's daemon does, with archives that are there: the daemon's own work is not what is measured.
 * @returns the path of its socket
 */
export async function startDaemon(
  cache: string,
  { archives, files }: DaemonContent,
): Promise<Server & { socket: string }> {
  const socket = join(cache, "daemon.sock");
  if (existsSync(socket)) rmSync(socket);
  const server = createServer(({ url = "" }, response) => {
    response.setHeader("api-version", "1.48");
    const [, image = "", question] = /\/images\/([^/:]+)[^/]*\/(json|get)/.exec(url) ?? [];
    const file = question === "get" ? archives[image] : files[url];
    if (url.endsWith("/_ping")) response.end("OK");
    else if (question === "json")
      response.end(JSON.stringify({ Id: `sha256:${"0".repeat(64)}`, RepoTags: [`${image}:latest`] }));
    else if (file === undefined) response.writeHead(404).end();
    else createReadStream(file, { highWaterMark: CHUNK }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
