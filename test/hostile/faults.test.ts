import { type ChildProcess, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { samples } from "../report/samples.ts";
import { runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { addressOf, listen } from "../support/listen.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { root } from "../support/spawn.ts";

/** The process is killed, or the disk takes no more: nothing half-written is met under its name, and the next run repairs. */

const scratch = scratchFolder("faults");

/** What the Action does once it has a report; as one file it starts in a third of the time. */
const script = join(scratch.path, "publish.mjs");
beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("../github/run-publish.ts", import.meta.url))],
    outfile: script,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    define: { __VERSION__: '"0.1.0"' },
    logLevel: "error",
  });
});

let github: StandIn;
beforeEach(async () => {
  github = await startGitHub();
});

/**
 * One moment: before a request reaches GitHub, or when it was carried out and nobody was told; or in the middle, when this
 * part of the request has reached GitHub, or this part of the answer has come back.
 */
interface Moment {
  request: number;
  when: "before" | "after" | { ofRequest: number } | { ofAnswer: number };
}

/** Stands between the step and GitHub; at the moment it kills the step. */
async function startProxy(moment: Moment | undefined, kill: () => void) {
  let count = 0;
  const server = await listen(async (incoming, outgoing) => {
    const when = ++count === moment?.request ? moment.when : undefined;
    if (when === "before") return kill();
    const pieces: Buffer[] = [];
    for await (const chunk of incoming) pieces.push(chunk as Buffer);
    const body = Buffer.concat(pieces);
    const forwarded = request(new URL(incoming.url ?? "/", github.url), {
      method: incoming.method,
      headers: { ...incoming.headers, host: new URL(github.url).host },
    });
    if (typeof when === "object" && "ofRequest" in when) {
      // The header promises more than comes.
      forwarded.on("error", () => {});
      const part = body.subarray(0, Math.floor(body.length * when.ofRequest));
      forwarded.flushHeaders();
      await new Promise<void>((resolve) => forwarded.write(part, () => resolve()));
      kill();
      return forwarded.destroy();
    }
    forwarded.end(body);
    const answer = await new Promise<IncomingMessage>((resolve) => forwarded.on("response", resolve));
    if (when === "after") {
      answer.resume();
      return kill();
    }
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    if (when === undefined) return answer.pipe(outgoing);
    const data: Buffer[] = [];
    for await (const chunk of answer) data.push(chunk as Buffer);
    const whole = Buffer.concat(data);
    outgoing.write(whole.subarray(0, Math.floor(whole.length * when.ofAnswer)), () => setImmediate(kill));
  });
  return { url: `http://${addressOf(server)}`, count: () => count };
}

/** Publishes a sample; files go to the folder. */
async function publish(
  sample: string,
  folder: string,
  moment?: Moment,
  started?: (child: ChildProcess) => void,
): Promise<{ run: StepRun; requests: number }> {
  const report = join(folder, `${sample}.in.json`);
  writeFileSync(report, JSON.stringify(samples[sample]));
  let child: ChildProcess | undefined;
  const proxy = await startProxy(moment, () => child?.kill("SIGKILL"));
  const run = await runStep({
    command: [script, report],
    folder,
    apiUrl: proxy.url,
    inputs: {
      image: "image.tar",
      "report-file": join(folder, "out/report.json"),
      "sarif-file": join(folder, "out/report.sarif"),
    },
    started(process) {
      child = process;
      started?.(process);
    },
  });
  return { run, requests: proxy.count() };
}

function expectWholeOrAbsent(folder: string): void {
  for (const name of ["report.json", "report.sarif"]) {
    const file = join(folder, "out", name);
    if (existsSync(file)) expect(() => JSON.parse(readFileSync(file, "utf8"))).not.toThrow();
  }
}

async function expectRepaired(folder: string): Promise<void> {
  const { run } = await publish("kilo-broken", folder);
  expect(run.code).toBe(1);
  expect(github.comments).toHaveLength(1);
  expect(github.comments[0]?.body).toMatch(/^### ❌ `kilo\.tar` breaks/);
  expect(JSON.parse(readFileSync(join(folder, "out/report.json"), "utf8"))).toEqual(samples["kilo-broken"]);
  expect(readFileSync(join(folder, "out/report.sarif"), "utf8")).toContain('"2.1.0"');
}

/** Kills inside requests, and at random times. */
const KILLS = { inside: 15, anywhere: 10 };

interface Prepared {
  before: StandIn["comments"];
  /** That a whole run takes. */
  requests: number;
}

/** What the earlier run left: a comment that now has to change, or none. */
async function prepare(earlier: boolean): Promise<Prepared> {
  if (earlier) await publish("unknown", scratch.folder()).then(() => publish("kilo-broken", scratch.folder()));
  const { requests } = await publish("clean", scratch.folder());
  expect(requests).toBeGreaterThan(0);
  return { before: earlier ? structuredClone(github.comments) : [], requests };
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("killed while it posts", () => {
  test.each(["no comment yet", "a comment of an earlier run"])(
    "at each request: %s",
    { timeout: 300_000 },
    async (state) => {
      const earlier = state !== "no comment yet";
      const { before, requests } = await prepare(earlier);
      let killed = 0;
      for (let number = 1; number <= requests + 1; number++)
        for (const when of ["before", "after"] as const) {
          github.comments.splice(0, github.comments.length, ...structuredClone(before));
          const folder = scratch.folder();
          const { run } = await publish("kilo-broken", folder, { request: number, when });
          if (run.code === null) killed++;
          expect(github.comments.length).toBeLessThanOrEqual(1);
          expectWholeOrAbsent(folder);
          await expectRepaired(folder);
        }
      expect(killed).toBeGreaterThanOrEqual(2 * requests);
    },
  );

  test("at random moments inside requests and answers", { timeout: 300_000 }, async () => {
    const random = createRandom(20_261_123);
    const states = [await prepare(false), await prepare(true)];
    let killed = 0;
    for (let i = 0; i < KILLS.inside; i++) {
      const { before, requests } = states[i % 2] as Prepared;
      const request = 1 + Math.floor(random() * requests);
      const when = random() < 0.5 ? { ofRequest: random() } : { ofAnswer: random() };
      github.comments.splice(0, github.comments.length, ...structuredClone(before));
      const folder = scratch.folder();
      const { run } = await publish("kilo-broken", folder, { request, when });
      if (run.code === null) killed++;
      expect(github.comments.length, JSON.stringify({ i, request, when })).toBeLessThanOrEqual(1);
      expectWholeOrAbsent(folder);
      await expectRepaired(folder);
    }
    expect(killed).toBe(KILLS.inside);
  });

  test("at random times", { timeout: 300_000 }, async () => {
    const random = createRandom(7);
    const { before } = await prepare(true);
    const start = performance.now();
    await publish("clean", scratch.folder());
    const time = performance.now() - start;
    for (let i = 0; i < KILLS.anywhere; i++) {
      github.comments.splice(0, github.comments.length, ...structuredClone(before));
      const folder = scratch.folder();
      // Where that is differs from run to run; that nothing is half done holds anywhere.
      await publish("kilo-broken", folder, undefined, (child) => {
        setTimeout(() => child.kill("SIGKILL"), random() * time);
      });
      expect(github.comments.length).toBeLessThanOrEqual(1);
      expectWholeOrAbsent(folder);
      await expectRepaired(folder);
    }
  });
});

describe("killed while it writes reports", () => {
  // The moment at which the n-th change in the folder is noticed; what is written by then differs from run to run.
  test.each([1, 2, 3, 4, 5, 6])("at change %i of the folder", async (change) => {
    const folder = scratch.folder();
    mkdirSync(join(folder, "out"));
    let changes = 0;
    let child: ChildProcess | undefined;
    const watcher = watch(join(folder, "out"), () => {
      if (++changes === change) child?.kill("SIGKILL");
    });
    await publish("400-findings", folder, undefined, (process) => {
      child = process;
    });
    watcher.close();
    expect(changes).toBeGreaterThan(0);
    expectWholeOrAbsent(folder);
    github.comments.length = 0;
    await expectRepaired(folder);
  });
});

describe("a disk that takes no more", () => {
  const image = join(root, "examples/kilo-0.6.0.tar");
  const check = (output: string) =>
    `"${process.execPath}" "${join(root, "dist/cli.js")}" check "${image}" --hosts "*" --quiet --format json --output "${output}"`;

  function shell(text: string) {
    const { stdout, stderr, status } = spawnSync("bash", ["-c", text], { encoding: "utf8", timeout: 120_000 });
    return { stdout, stderr: stderr.trimEnd(), status };
  }

  function mountable(): boolean {
    return spawnSync("unshare", ["-m", "true"], { timeout: 10_000 }).status === 0;
  }

  test("full", (context) => {
    if (!mountable()) skipTest(context, "writing to a full disk", "mounting a file system needs root");
    const folder = scratch.folder();
    const { stdout, stderr, status } = shell(
      `exec unshare -m bash -c 'mount -t tmpfs -o size=1m none ${folder} && head -c 1000000 /dev/zero > ${folder}/filler && ${check(join(folder, "report.json")).replaceAll("'", "")}; code=$?; ls -A ${folder}; exit $code'`,
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^netfilter-compat: can't write .*report\.json: ENOSPC[^\n]*$/);
    expect(stdout).toBe("filler\n");
  });

  test("read-only", (context) => {
    const folder = scratch.folder();
    const isRoot = process.getuid?.() === 0;
    if (isRoot && !mountable()) skipTest(context, "writing to a read-only disk", "mounting a file system needs root");
    chmodSync(folder, 0o555);
    const run = check(join(folder, "report.json"));
    const { stderr, status } = shell(
      isRoot ? `exec unshare -m bash -c 'mount -t tmpfs -o ro none ${folder} && ${run}'` : run,
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^netfilter-compat: can't write .*report\.json: E(ROFS|ACCES)[^\n]*$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a limit on the size of files", () => {
    const folder = scratch.folder();
    const { stderr, status } = shell(`ulimit -f 4; ${check(join(folder, "report.json"))}`);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^netfilter-compat: can't write .*report\.json: EFBIG[^\n]*$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("an earlier report stays as it was", () => {
    const folder = scratch.folder();
    writeFileSync(join(folder, "report.json"), "{}");
    expect(shell(`ulimit -f 4; ${check(join(folder, "report.json"))}`).status).toBe(2);
    expect(readFileSync(join(folder, "report.json"), "utf8")).toBe("{}");
    expect(readdirSync(folder)).toEqual(["report.json"]);
  });
});
