import { type ChildProcess, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  watch,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { samples } from "../report/samples.ts";
import { runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { root } from "../support/spawn.ts";

/** The process is killed, or the disk takes no more: nothing half-written is met under its name, and the next run repairs. */

const scratch = scratchFolder("faults");
const script = fileURLToPath(new URL("../github/run-publish.ts", import.meta.url));

let github: StandIn;
beforeEach(async () => {
  github = await startGitHub();
});
afterEach(() => github.close());

/** One moment: before a request reaches GitHub, or when it was carried out and nobody was told. */
interface Moment {
  request: number;
  when: "before" | "after";
}

/** Stands between the step and GitHub; at the moment it kills the step. */
async function startProxy(moment: Moment | undefined, kill: () => void) {
  let count = 0;
  const server = createServer(async (incoming, outgoing) => {
    const isMoment = ++count === moment?.request;
    if (isMoment && moment?.when === "before") return kill();
    const body: Buffer[] = [];
    for await (const chunk of incoming) body.push(chunk as Buffer);
    const forwarded = request(new URL(incoming.url ?? "/", github.url), {
      method: incoming.method,
      headers: { ...incoming.headers, host: new URL(github.url).host },
    });
    forwarded.end(Buffer.concat(body));
    const answer = await new Promise<IncomingMessage>((resolve) => forwarded.on("response", resolve));
    if (isMoment) {
      answer.resume();
      return kill();
    }
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => count,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
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
  await proxy.close();
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

const folderOf = () => mkdtempSync(join(scratch.path, "step-"));

describe("killed while it posts", () => {
  test.each(["no comment yet", "a comment of an earlier run"])(
    "at each request: %s",
    { timeout: 300_000 },
    async (state) => {
      const earlier = state !== "no comment yet";
      if (earlier) await publish("unknown", folderOf()).then(() => publish("kilo-broken", folderOf()));
      const { requests } = await publish("clean", folderOf());
      expect(requests).toBeGreaterThan(0);
      let killed = 0;
      for (let number = 1; number <= requests + 1; number++)
        for (const when of ["before", "after"] as const) {
          // What the earlier run left: a comment that now has to change, or none.
          if (!earlier) github.comments.length = 0;
          else await publish("clean", folderOf());
          const folder = folderOf();
          const { run } = await publish("kilo-broken", folder, { request: number, when });
          if (run.code === null) killed++;
          expect(github.comments.length).toBeLessThanOrEqual(1);
          expectWholeOrAbsent(folder);
          await expectRepaired(folder);
        }
      expect(killed).toBeGreaterThanOrEqual(2 * requests);
    },
  );
});

describe("killed while it writes reports", () => {
  // The moment at which the n-th change in the folder is noticed; what is written by then differs from run to run.
  test.each([1, 2, 3, 4, 5, 6])("at change %i of the folder", async (change) => {
    const folder = folderOf();
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
    const folder = folderOf();
    const { stdout, stderr, status } = shell(
      `exec unshare -m bash -c 'mount -t tmpfs -o size=1m none ${folder} && head -c 1000000 /dev/zero > ${folder}/filler && ${check(join(folder, "report.json")).replaceAll("'", "")}; code=$?; ls -A ${folder}; exit $code'`,
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^netfilter-compat: can't write .*report\.json: ENOSPC[^\n]*$/);
    expect(stdout).toBe("filler\n");
  });

  test("read-only", (context) => {
    const folder = folderOf();
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
    const folder = folderOf();
    const { stderr, status } = shell(`ulimit -f 4; ${check(join(folder, "report.json"))}`);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^netfilter-compat: can't write .*report\.json: EFBIG[^\n]*$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("an earlier report stays as it was", () => {
    const folder = folderOf();
    writeFileSync(join(folder, "report.json"), "{}");
    expect(shell(`ulimit -f 4; ${check(join(folder, "report.json"))}`).status).toBe(2);
    expect(readFileSync(join(folder, "report.json"), "utf8")).toBe("{}");
    expect(readdirSync(folder)).toEqual(["report.json"]);
  });
});
