import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/github/client.ts";
import { samples } from "../report/samples.ts";
import { runStep } from "../support/action-step.ts";
import { startGitHub } from "../support/github-server.ts";

/** Requests end, whatever the other side does, and take the way that the environment says. */

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const target = { owner: "owner", repo: "name", issue_number: 2 };

describe("the deadline", () => {
  test("ends a request that gets no answer", async () => {
    const apiUrl = await listen(createServer(() => {}));
    const client = await createClient({ token: "good", apiUrl, deadline: 300, retryUnit: 10 });
    const start = Date.now();
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(Date.now() - start).toBeLessThan(10_000);
    client.release();
  });

  test("ends retries of a server that always fails, and refuses what is asked later", async () => {
    let requests = 0;
    const apiUrl = await listen(
      createServer((_, response) => {
        requests++;
        response.writeHead(503, { "retry-after": "3600" }).end("{}");
      }),
    );
    const client = await createClient({ token: "good", apiUrl, deadline: 300, retryUnit: 200 });
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(requests).toBeLessThanOrEqual(3);
    const before = requests;
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(requests).toBe(before);
    client.release();
  });

  test("is 25 s by itself, and waiting between tries is at most 5 s of it", async () => {
    let requests = 0;
    const apiUrl = await listen(
      createServer((_, response) => {
        requests++;
        response.writeHead(429, { "retry-after": "3600" }).end("{}");
      }),
    );
    const client = await createClient({ token: "good", apiUrl });
    const start = Date.now();
    await expect(client.rest.issues.listComments(target)).rejects.toThrow();
    expect(requests).toBe(3);
    expect(Date.now() - start).toBeLessThan(25_000);
    client.release();
  });
});

describe("the proxy of the environment", () => {
  /** A proxy that leads every name to one place. */
  async function startProxy(place: string) {
    const asked: string[] = [];
    const server = createServer((_, response) => response.writeHead(405).end());
    server.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const { hostname, port } = new URL(place);
      const upstream = connect(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    return { url: await listen(server), asked };
  }

  test.each([
    ["is used for the API", {}, ["github.example.test:80"]],
    ["is not used for hosts in no_proxy", { no_proxy: "github.example.test" }, []],
  ])("%s", async (_, env, asked) => {
    const github = await startGitHub();
    const folder = mkdtempSync(join(tmpdir(), "proxy-"));
    try {
      const proxy = await startProxy(github.url);
      const report = join(folder, "report.json");
      writeFileSync(report, JSON.stringify(samples["kilo-broken"]));
      // A process of its own: the toolkit reads the variables when it is loaded.
      const run = await runStep({
        command: [fileURLToPath(new URL("./run-publish.ts", import.meta.url)), report],
        folder,
        apiUrl: "http://github.example.test",
        inputs: { image: "image.tar" },
        env: { http_proxy: proxy.url, ...env },
      });
      expect([...new Set(proxy.asked)]).toEqual(asked);
      expect(github.comments).toHaveLength(asked.length);
      expect(run.log.includes("can't be reached")).toBe(asked.length === 0);
      expect(github.violations).toEqual([]);
    } finally {
      await github.close();
      rmSync(folder, { recursive: true });
    }
  });
});
