import type { RequestListener, ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/github/client.ts";
import { samples } from "../report/samples.ts";
import { runStep } from "../support/action-step.ts";
import { startGitHub } from "../support/github-server.ts";
import { addressOf, listen } from "../support/listen.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";

/** Requests end, whatever the other side does, and take the way that the environment says. */

/** @returns the server's address, as GITHUB_API_URL has it */
async function serve(handler: RequestListener): Promise<string> {
  return `http://${addressOf(await listen(handler))}`;
}

const target = { owner: "owner", repo: "name", issue_number: 2 };

describe("the deadline", () => {
  test("ends a request that gets no answer", async () => {
    const apiUrl = await serve(() => {});
    const client = await createClient({ token: "good", apiUrl, deadline: 300, retryUnit: 10 });
    const start = Date.now();
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(Date.now() - start).toBeLessThan(10_000);
    client.release();
  });

  test("ends retries of a server that always fails, and refuses what is asked later", async () => {
    let requests = 0;
    const apiUrl = await serve((_, response) => {
      requests++;
      response.writeHead(503, { "retry-after": "3600" }).end("{}");
    });
    const client = await createClient({ token: "good", apiUrl, deadline: 300, retryUnit: 200 });
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(requests).toBeLessThanOrEqual(3);
    const before = requests;
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(requests).toBe(before);
    client.release();
  });

  test("a limit that ends after an hour is not waited for", async () => {
    let requests = 0;
    const apiUrl = await serve((_, response) => {
      requests++;
      response.writeHead(429, { "retry-after": "3600" }).end("{}");
    });
    const client = await createClient({ token: "good", apiUrl });
    await expect(client.rest.issues.listComments(target)).rejects.toMatchObject({ status: 429 });
    expect(requests).toBe(1);
    client.release();
  });
});

describe("the token", () => {
  /** What a server was asked and with which authorization. */
  async function record(answer: (response: ServerResponse) => void) {
    const seen: { line: string; authorization: string | undefined }[] = [];
    const url = await serve((request, response) => {
      seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization });
      answer(response);
    });
    return { url, seen };
  }

  test.each([301, 302, 307, 308])("doesn't follow a redirect (%i) to another host", async (status) => {
    const other = await record((response) => response.writeHead(200, { "content-type": "application/json" }).end("[]"));
    const api = await record((response) => response.writeHead(status, { location: `${other.url}/elsewhere` }).end());
    const client = await createClient({ token: "ghs_secret", apiUrl: api.url, retryUnit: 1 });
    await client.rest.issues.listComments(target).catch(() => {});
    await client.rest.issues.createComment({ ...target, body: "x" }).catch(() => {});
    client.release();
    expect(api.seen.map(({ authorization }) => authorization)).toEqual(["token ghs_secret", "token ghs_secret"]);
    expect(other.seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    // It would have been followed: the test sees what it should.
    expect(other.seen.length).toBeGreaterThan(0);
  });

  test("doesn't follow a list to another host", async () => {
    const other = await record((response) => response.writeHead(200, { "content-type": "application/json" }).end("[]"));
    const headers = { "content-type": "application/json", link: `<${other.url}/next>; rel="next"` };
    const api = await record((response) => response.writeHead(200, headers).end("[]"));
    const client = await createClient({ token: "ghs_secret", apiUrl: api.url, retryUnit: 1 });
    await expect(client.paginate(client.rest.issues.listComments, target)).rejects.toThrow(/leads to another host/);
    client.release();
    expect(api.seen).toHaveLength(1);
    expect(other.seen).toEqual([]);
  });

  test("stays where GitHub moved a repository on the same host", async () => {
    const moved: (string | undefined)[] = [];
    const apiUrl = await serve((request, response) => {
      if (request.url?.startsWith("/repositories/")) {
        moved.push(request.headers.authorization);
        response.writeHead(200, { "content-type": "application/json" }).end("[]");
      } else response.writeHead(301, { location: "/repositories/1/issues/2/comments" }).end();
    });
    const client = await createClient({ token: "ghs_secret", apiUrl });
    expect((await client.rest.issues.listComments(target)).data).toEqual([]);
    expect(moved).toEqual(["token ghs_secret"]);
    client.release();
  });
});

describe("the proxy of the environment", () => {
  const scratch = scratchFolder("proxy");

  /** A proxy that leads every name to one place. */
  async function startProxy(place: string) {
    const asked: string[] = [];
    const server = await listen((_, response) => response.writeHead(405).end());
    server.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const { hostname, port } = new URL(place);
      const upstream = connect(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    return { url: `http://${addressOf(server)}`, asked };
  }

  test.each([
    ["is used for the API", {}, ["github.example.test:80"]],
    ["is not used for hosts in no_proxy", { no_proxy: "github.example.test" }, []],
  ])("%s", async (_, env, asked) => {
    const github = await startGitHub();
    const proxy = await startProxy(github.url);
    const reports = scratch.write("report.json", JSON.stringify(samples["kilo-broken"]));
    // A process of its own: the toolkit reads the variables when it is loaded.
    const run = await runStep({
      command: [join(root, "dist/report.js")],
      folder: scratch.path,
      apiUrl: "http://github.example.test",
      inputs: { reports },
      env: { http_proxy: proxy.url, ...env },
    });
    expect([...new Set(proxy.asked)]).toEqual(asked);
    expect(github.comments).toHaveLength(asked.length);
    expect(run.log.includes("can't be reached")).toBe(asked.length === 0);
    expect(github.violations).toEqual([]);
  });
});
