import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type OpenOptions, openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { OpenedImage } from "../../src/model/image.ts";
import { createStandIn, type StandIn } from "../support/daemon-server.ts";
import { needEngine } from "../support/engine.ts";
import { buildLayer, dockerLegacy, type Files, json, packFiles } from "../support/image-writer.ts";
import { addressOf, listen, startServer } from "../support/listen.ts";
import { keepAll } from "../support/probes.ts";
import { hasCommand } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

const scratch = scratchFolder("daemon");
const layer = buildLayer([{ name: "usr/sbin/nft", content: "nft", mode: 0o755 }], "none");
const archive = scratch.write("one.tar", packFiles(dockerLegacy([{ layers: [layer], tags: ["team/app:latest"] }])));

function open(reference: string, host: string, options: Partial<OpenOptions> = {}): Promise<OpenedImage[]> {
  return openImages(reference, { probe: keepAll, env: { DOCKER_HOST: host, HOME: scratch.path }, ...options });
}

async function failure(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error("should fail with a UserError", { cause: error });
  return error.message;
}

/** What was read, without the name it was asked for by. */
function list(images: OpenedImage[]): unknown {
  return images.map(({ digest, platforms }) => [
    digest,
    platforms.map(({ platform, layers, tree }) => [platform, layers, [...tree.walk()]]),
  ]);
}

async function listenOn(standIn: StandIn, where: { path: string } | { port: number; host: string }): Promise<void> {
  await new Promise<void>((resolve) => standIn.server.listen(where, resolve));
}

describe("a server that answers like a daemon", () => {
  const socket = join(scratch.path, "stand-in.sock");
  const standIn = createStandIn("team/app:latest", archive);
  beforeAll(() => listenOn(standIn, { path: socket }));

  test("an image over the socket: the same as from its archive; without a tag it is the latest", async () => {
    const expected = list(await openImages(`docker-archive:${archive}`, { probe: keepAll }));
    for (const reference of [
      "docker-daemon:team/app:latest",
      "docker-daemon:team/app",
      "team/app",
      "team/app:latest",
    ]) {
      standIn.requests.length = 0;
      expect(list(await open(reference, `unix://${socket}`))).toEqual(expected);
      expect(standIn.requests.at(-1)).toBe("/images/team/app:latest/get");
    }
  });

  test("one platform is asked for, as the API has it", async () => {
    await open("team/app", `unix://${socket}`, { platforms: ["linux/amd64"] });
    const query = new URL(standIn.requests.at(-1) ?? "", "http://x").searchParams;
    expect(JSON.parse(query.get("platform") ?? "")).toEqual({ os: "linux", architecture: "amd64" });
  });

  test("over TCP", async () => {
    const other = createStandIn("team/app:latest", archive);
    await listenOn(other, { port: 0, host: "127.0.0.1" });
    const [image] = await open("docker-daemon:team/app", `tcp://${addressOf(other.server)}`);
    expect(image?.platforms).toHaveLength(1);
  });

  test("over TCP, behind a path", async () => {
    const other = createStandIn("team/app:latest", archive);
    const paths: string[] = [];
    const front = await listen((request, response) => {
      const { url = "" } = request;
      paths.push(url);
      request.url = url.replace(/^\/behind\/proxy(?=\/)/, "");
      other.server.emit("request", request, response);
    });
    for (const path of ["/behind/proxy", "/behind/proxy/"])
      expect(await open("docker-daemon:team/app", `tcp://${addressOf(front)}${path}`)).toHaveLength(1);
    expect(paths.filter((path) => !/^\/behind\/proxy\/\w/.test(path))).toEqual([]);
  });

  test("no such image: each source that was tried is named", async () => {
    expect(await failure(open("docker-daemon:gone:1", `unix://${socket}`))).toBe(
      `docker-daemon:gone:1: the daemon at ${socket} has no image gone:1`,
    );
    expect(await failure(open("localhost:1/gone", `unix://${socket}`))).toMatch(
      /daemon: the daemon at .* has no image localhost:1\/gone; registry: registry localhost:1: the connection was refused/,
    );
  });

  test("an answer that is an error, cut, or no API at all", async () => {
    const says = async (answer: Parameters<typeof createStandIn>[2]) => {
      const other = createStandIn("team/app:latest", archive, answer);
      await listenOn(other, { port: 0, host: "127.0.0.1" });
      return failure(
        open("localhost:1/team/app", `tcp://${addressOf(other.server)}`).catch(async (error: unknown) => {
          // Whatever goes wrong once the daemon has it, no registry is asked instead.
          expect(String(error)).not.toContain("registry");
          throw error;
        }),
      );
    };
    const json = { Id: `sha256:${"0".repeat(64)}` };
    expect(
      await says((request, response) => {
        const isGet = request.url?.includes("/get") === true;
        response.writeHead(isGet ? 500 : 200).end(JSON.stringify(isGet ? { message: "disk\nfull" } : json));
        return true;
      }),
    ).toMatch(/the daemon at 127.* answers 500 \("disk\\u000afull"\)$/);
    expect(
      await says((request, response) => {
        if (request.url?.includes("/get") !== true) response.end(JSON.stringify(json));
        else {
          response.writeHead(200, { "content-length": 100_000 });
          response.write(Buffer.alloc(1024), () => response.destroy());
        }
        return true;
      }),
    ).toMatch(/the connection was cut \(ECONNRESET\)$/);
    expect(
      await says((_request, response) => {
        response.end("<html>");
        return true;
      }),
    ).toMatch(/answers in another form than the Docker Engine API$/);
  });

  test("silence", async () => {
    const other = createStandIn("team/app:latest", archive, ({ url }) => url !== "/_ping");
    await listenOn(other, { port: 0, host: "127.0.0.1" });
    const options = { limits: { networkSeconds: 0.2 } };
    expect(await failure(open("docker-daemon:a", `tcp://${addressOf(other.server)}`, options))).toMatch(
      /the daemon at .*: it takes more than 0\.2s/,
    );
  });

  test("no daemon, no such kind of address", async () => {
    expect(await failure(open("docker-daemon:a", "unix:///nowhere"))).toMatch(
      /no daemon answers at \/nowhere \(start it/,
    );
    expect(await failure(open("docker-daemon:a", "tcp://127.0.0.1:1"))).toMatch(/no daemon answers at 127.0.0.1:1/);
    expect(await failure(open("docker-daemon:a", "tcp://127.254.254.254"))).toMatch(/at 127\.254\.254\.254:2375/);
    expect(await failure(open("docker-daemon:a", "ssh://me@host"))).toMatch(
      /not reached over SSH from here: run docker/,
    );
    expect(await failure(open("docker-daemon:a", "npipe:////./pipe/docker"))).toMatch(
      /DOCKER_HOST is "npipe:.*"; unix:/,
    );
    expect(await failure(open("docker-daemon:a", archive))).toMatch(/DOCKER_HOST is/);
  });
});

describe("where the daemon is looked for", () => {
  const standIn = createStandIn("team/app:latest", archive);
  const socket = join(scratch.path, "found.sock");
  beforeAll(() => listenOn(standIn, { path: socket }));

  /** A folder for DOCKER_CONFIG with one context, as docker context create writes it. */
  function withContext(name: string, endpoint: Record<string, unknown>, config = {}, tls: Files = new Map()): string {
    const id = createHash("sha256").update(name).digest("hex");
    const files: Files = new Map([
      ["config.json", json(config)],
      [`contexts/meta/${id}/meta.json`, json({ Name: name, Metadata: {}, Endpoints: { docker: endpoint } })],
    ]);
    for (const [file, data] of tls) files.set(`contexts/tls/${id}/docker/${file}`, data);
    return scratch.write(`context-${name}`, files);
  }
  const read = (env: Record<string, string>) =>
    openImages("docker-daemon:team/app", { probe: keepAll, env: { HOME: scratch.path, ...env } });
  const Host = `unix://${socket}`;

  test("the context that docker's config or DOCKER_CONTEXT names; DOCKER_HOST comes before both", async () => {
    const current = withContext("current", { Host }, { currentContext: "current" });
    expect(await read({ DOCKER_CONFIG: current })).toHaveLength(1);
    const named = withContext("named", { Host }, { currentContext: "gone" });
    expect(await read({ DOCKER_CONFIG: named, DOCKER_CONTEXT: "named" })).toHaveLength(1);
    expect(await failure(read({ DOCKER_CONFIG: current, DOCKER_HOST: "unix:///nowhere" }))).toMatch(
      /no daemon answers at \/nowhere \(/,
    );
    expect(await failure(read({ DOCKER_CONFIG: named }))).toMatch(
      /docker's context "gone" does not exist: docker context ls/,
    );
  });

  test("a context that leads nowhere useful", async () => {
    const ssh = withContext("ssh", { Host: "ssh://me@host" }, { currentContext: "ssh" });
    expect(await failure(read({ DOCKER_CONFIG: ssh }))).toMatch(
      /docker's context "ssh" leads to "ssh:\/\/me@host", and daemons are not reached over SSH from here: run docker save -o/,
    );
    const damaged = withContext("damaged", { Host: 7 }, { currentContext: "damaged" });
    expect(await failure(read({ DOCKER_CONFIG: damaged }))).toMatch(
      /context "damaged" cannot be read \(\/.* is damaged\)/,
    );
    const empty = withContext("empty", {}, { currentContext: "empty" });
    expect(await failure(read({ DOCKER_CONFIG: empty }))).toMatch(/context "empty" names no daemon/);
    expect(await failure(read({ DOCKER_HOST: "ssh://host" }))).toMatch(/DOCKER_HOST is "ssh:\/\/host", and daemons/);
    // A name that says clearly that it is in a registry is looked up there then, and the note says why.
    const bare = openImages("localhost:1/team/app", { probe: keepAll, env: { DOCKER_CONFIG: ssh } });
    expect(await failure(bare)).toMatch(/daemon: docker's context "ssh" leads to .*; registry: registry localhost:1/);
  });

  test("podman's socket of the user; when nothing answers each place is named", async () => {
    const runtime = join(scratch.path, "runtime");
    mkdirSync(join(runtime, "podman"), { recursive: true });
    // The usual socket of a machine that runs docker would come first.
    if (!existsSync("/var/run/docker.sock")) {
      expect(await failure(read({ XDG_RUNTIME_DIR: runtime }))).toBe(
        `docker-daemon:team/app: ${["/var/run/docker.sock", `${runtime}/podman/podman.sock`, "/run/podman/podman.sock"]
          .map((place) => `no daemon answers at ${place}`)
          .join("; ")} (start it or set DOCKER_HOST)`,
      );
      const podman = createStandIn("team/app:latest", archive);
      await listenOn(podman, { path: join(runtime, "podman/podman.sock") });
      expect(await read({ XDG_RUNTIME_DIR: runtime })).toHaveLength(1);
    }
  });

  test("TLS with certificates on both sides: DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the context's files", async (context) => {
    if (!hasCommand("openssl")) skipTest(context, "Docker's daemon over TLS", "openssl is not installed");
    const certificates = makeCertificates(join(scratch.path, "certificates"));
    const server = createServer(
      { ca: certificates.ca, cert: certificates.cert, key: certificates.key, requestCert: true },
      (request, response) => standIn.server.emit("request", request, response),
    );
    const tcp = `tcp://${addressOf(await startServer(server))}`;
    const env = { DOCKER_HOST: tcp, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates.folder };
    expect(await read(env)).toHaveLength(1);
    const files: Files = new Map((["ca", "cert", "key"] as const).map((name) => [`${name}.pem`, certificates[name]]));
    const own = withContext("tls", { Host: tcp }, { currentContext: "tls" }, files);
    expect(await read({ DOCKER_CONFIG: own })).toHaveLength(1);
    // Without its own certificate the client is not let in; without the authority's the server is not believed.
    files.delete("cert.pem");
    files.delete("key.pem");
    const anonymous = withContext("anonymous", { Host: tcp }, { currentContext: "anonymous" }, files);
    expect(await failure(read({ DOCKER_CONFIG: anonymous }))).toMatch(
      /127.*: it refuses the TLS certificate of this side, or that/,
    );
    expect(await failure(read({ ...env, DOCKER_CERT_PATH: "/nowhere" }))).toMatch(/certificate is not trusted/);
  });

  /** An authority that signed itself, which is server and client too. */
  function makeCertificates(folder: string): { folder: string } & Record<"ca" | "cert" | "key", Buffer> {
    mkdirSync(folder);
    const key = join(folder, "key.pem");
    const cert = join(folder, "cert.pem");
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2"];
    execFileSync("openssl", [...request, ...subject], { stdio: "ignore", timeout: 60_000 });
    copyFileSync(cert, join(folder, "ca.pem"));
    return { folder, ca: readFileSync(cert), cert: readFileSync(cert), key: readFileSync(key) };
  }
});

test("Docker's daemon: by tag, by ID, without a tag", async (context) => {
  const { host, docker } = await needEngine(context, "classic");
  await docker("load", "-i", archive);
  await docker("tag", "team/app:latest", "team/app:other");
  // An engine of today writes OCI manifests, so the image's digest is of one; the archive has none.
  const platforms = (images: OpenedImage[]) => list(images.map((image) => ({ ...image, digest: "" })));
  const expected = platforms(await openImages(`docker-archive:${archive}`, { probe: keepAll }));
  const id = (await docker("image", "inspect", "-f", "{{.Id}}", "team/app")).trim();
  const names = ["team/app", "team/app:other", "docker.io/team/app:latest", id, id.slice("sha256:".length, 19)];
  for (const name of names) expect(platforms(await open(`docker-daemon:${name}`, host)), name).toEqual(expected);
  expect(await failure(open("docker-daemon:team/app:gone", host))).toMatch(/has no image team\/app:gone$/);
});
