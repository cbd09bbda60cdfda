import { execFile, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { atEnd } from "./at-end.ts";
import { preparePrivateApt, runPrivateApt } from "./private-apt.ts";
import { hasCommand, withLock } from "./roots.ts";
import { skipTest } from "./skip.ts";

/**
 * The newest Docker engine that Debian has, with buildx: unpacked from its packages, never installed, run as root in folders
 * of its own, without networks.
 */

interface Engine {
  /** DOCKER_HOST. */
  host: string;
  /** Runs the docker command against it. @returns what it printed */
  docker(...args: string[]): Promise<string>;
  /** The same without BuildKit, for the builder of the daemon itself. */
  legacyDocker(...args: string[]): Promise<string>;
}

/** Where a daemon keeps images: in layers of its own, or as it got them. */
type Store = "classic" | "containerd";

const run = promisify(execFile);
const cache = join(tmpdir(), `netfilter-compat-engine-${process.getuid?.() ?? "any"}`);
const packages = ["docker.io", "docker-cli", "docker-buildx", "containerd"];
const maximumAge = 24 * 3600_000;

/**
 * A daemon of the newest engine, until the test file's end; skips the test, counted and with the reason, where this machine
 * cannot run it.
 */
export async function needEngine(context: { skip(note?: string): never }, store: Store): Promise<Engine> {
  const unpacked = await withLock(`${cache}.lock`, async () => unpackEngine());
  if ("reason" in unpacked) return skipTest(context, `Docker's newest engine, ${store} store`, unpacked.reason);
  return startEngine(unpacked.folder, store);
}

/** @returns the folder of the unpacked packages, or why this machine cannot have them */
function unpackEngine(): { folder: string } | { reason: string } {
  if (process.getuid?.() !== 0) return { reason: "a daemon needs to be run by root" };
  if (!hasCommand("runc")) return { reason: "runc is not installed" };
  const folder = join(cache, "tree");
  if (existsSync(folder) && Date.now() - statSync(folder).mtimeMs < maximumAge) return { folder };
  rmSync(cache, { recursive: true, force: true });
  const work = join(cache, "work");
  mkdirSync(work, { recursive: true });
  const problem =
    preparePrivateApt(work, "sid", ["amd64"]) ?? runPrivateApt(work, ["download", "-qq", ...packages], work);
  if (problem !== undefined) return { reason: problem };
  const unpacked = join(work, "tree");
  for (const file of readdirSync(work).filter((name) => name.endsWith(".deb"))) {
    const { status, stderr } = spawnSync("dpkg-deb", ["-x", join(work, file), unpacked], {
      encoding: "utf8",
      timeout: 120_000,
    });
    if (status !== 0) return { reason: `dpkg-deb: ${stderr.trim()}` };
  }
  const plugins = join(unpacked, "docker", "cli-plugins");
  mkdirSync(plugins, { recursive: true });
  copyFileSync(join(unpacked, "usr/libexec/docker/cli-plugins/docker-buildx"), join(plugins, "docker-buildx"));
  // sid moves: what needs a newer C library than this machine's doesn't start.
  const { status, stderr } = spawnSync(join(unpacked, "usr/sbin/dockerd"), ["--version"], {
    encoding: "utf8",
    timeout: 30_000,
  });
  if (status !== 0) return { reason: `dockerd of sid doesn't start here: ${stderr.trim().split("\n")[0]}` };
  renameSync(unpacked, folder);
  return { folder };
}

/**
 * Runs a daemon until the test file's end.
 * @param folder of the unpacked packages
 */
async function startEngine(folder: string, store: Store): Promise<Engine> {
  const home = mkdtempSync(join(tmpdir(), "netfilter-compat-engine-run-"));
  const socket = join(home, "docker.sock");
  const config = join(home, "daemon.json");
  writeFileSync(config, JSON.stringify({ features: { "containerd-snapshotter": store === "containerd" } }));
  const quiet = ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none"];
  const place = [
    `--data-root=${home}/data`,
    `--exec-root=${home}/exec`,
    `--pidfile=${home}/pid`,
    "-H",
    `unix://${socket}`,
  ];
  const env = {
    ...process.env,
    PATH: `${folder}/usr/bin:${folder}/usr/sbin:${process.env.PATH}`,
    DOCKER_CONFIG: join(folder, "docker"),
    DOCKER_HOST: `unix://${socket}`,
  };
  const child = spawn("dockerd", [`--config-file=${config}`, ...quiet, ...place], {
    env,
    stdio: "ignore",
    timeout: 900_000,
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  atEnd(async () => {
    child.kill();
    await ended;
    rmSync(home, { recursive: true, force: true });
  });
  const runDocker = async (more: Record<string, string>, args: string[]) =>
    (await run("docker", args, { env: { ...env, ...more }, timeout: 300_000, maxBuffer: 1 << 26 })).stdout;
  const docker = (...args: string[]) => runDocker({}, args);
  const legacyDocker = (...args: string[]) => runDocker({ DOCKER_BUILDKIT: "0" }, args);
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`);
    const isReady =
      existsSync(socket) &&
      (await docker("version").then(
        () => true,
        () => false,
      ));
    if (isReady) return { host: `unix://${socket}`, docker, legacyDocker };
    await sleep(200);
  }
  throw new Error("dockerd did not become ready in 20 s");
}

/**
 * Podman with storage in a folder, and its service, which speaks the Docker Engine API, until the test file's end.
 * @param folder an existing one
 */
export async function startPodman(
  folder: string,
): Promise<{ host: string; podman(...args: string[]): Promise<string> }> {
  const own = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--storage-driver", "vfs"];
  const args = [...own, "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
  const socket = join(folder, "podman.sock");
  const child = spawn("podman", [...args, "system", "service", "--time", "0", `unix://${socket}`], {
    stdio: "ignore",
    timeout: 900_000,
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  atEnd(async () => {
    child.kill();
    await ended;
  });
  for (let tries = 0; tries < 100 && !existsSync(socket); tries++) await sleep(200);
  if (!existsSync(socket)) throw new Error("podman's service did not become ready in 20 s");
  return {
    host: `unix://${socket}`,
    podman: async (...command) => (await run("podman", [...args, ...command], { timeout: 300_000 })).stdout.trim(),
  };
}
