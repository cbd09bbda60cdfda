import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type OpenOptions, openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { OpenedImage } from "../../src/model/image.ts";
import { createStandIn, missingDaemon, type StandIn, startDaemon } from "../support/daemon-server.ts";
import { buildLayer, dockerLegacy, packFiles } from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";
import { addressOf } from "../support/registry-server.ts";
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
      /takes too long$/,
    );
  });

  test("no daemon, no such kind of address", async () => {
    expect(await failure(open("docker-daemon:a", "unix:///nowhere"))).toMatch(
      /no daemon answers at \/nowhere \(start it/,
    );
    expect(await failure(open("docker-daemon:a", "tcp://127.0.0.1:1"))).toMatch(/no daemon answers at 127.0.0.1:1/);
    expect(await failure(open("docker-daemon:a", "ssh://host"))).toMatch(/DOCKER_HOST is "ssh:\/\/host"; unix:/);
    expect(await failure(open("docker-daemon:a", archive))).toMatch(/DOCKER_HOST is/);
  });
});

test("Docker's daemon: by tag, by ID, without a tag", async (context) => {
  const missing = missingDaemon();
  if (missing !== undefined) skipTest(context, "reading from Docker's daemon", missing);
  const host = await startDaemon();
  const docker = (...args: string[]) => execFileSync("docker", ["-H", host, ...args], { encoding: "utf8" }).trim();
  docker("load", "-i", archive);
  docker("tag", "team/app:latest", "team/app:other");
  const expected = list(await openImages(`docker-archive:${archive}`, { probe: keepAll }));
  const id = docker("image", "inspect", "-f", "{{.Id}}", "team/app");
  const names = ["team/app", "team/app:other", "docker.io/team/app:latest", id, id.slice("sha256:".length, 19)];
  for (const name of names) expect(list(await open(`docker-daemon:${name}`, host)), name).toEqual(expected);
  expect(await failure(open("docker-daemon:team/app:gone", host))).toMatch(/has no image team\/app:gone$/);
});
