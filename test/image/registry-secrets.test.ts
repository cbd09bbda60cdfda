import { existsSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type OpenOptions, openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import { runStep } from "../support/action-step.ts";
import { addImage, type Files } from "../support/image-writer.ts";
import { addressOf, listen } from "../support/listen.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";
import { buildTocLayer } from "../support/toc-writer.ts";

/** A second server records what reaches it: passwords and tokens are for the registry and its token server alone. */

const scratch = scratchFolder("secrets");
const PASSWORD = "Pa55-w0rd";
const TOKEN = "t0ken-of-the-registry";
const credentials = { username: "someone", password: PASSWORD };
const BASIC = Buffer.from(`someone:${PASSWORD}`).toString("base64");
const SECRETS = new RegExp(`${PASSWORD}|${TOKEN}|${BASIC}|signature-of-the-address`);
const env = { DOCKER_CONFIG: "/nonexistent", DOCKER_HOST: "unix:///nowhere.sock" };

const layer = buildTocLayer(
  [
    {
      name: "usr/lib/noise",
      content: Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 7 + (i >> 5)) & 255)),
    },
    { name: "usr/sbin/nft", content: "#!nft", mode: 0o755 },
  ],
  "eStargz",
);
const files: Files = new Map();
const image = addImage(files, [layer]);

interface Heard {
  url: string;
  headers: IncomingMessage["headers"];
}

/** Serves blobs with ranges. */
function sendBlob(request: IncomingMessage, response: ServerResponse): void {
  const digest = /sha256:[0-9a-f]{64}/.exec(request.url ?? "")?.[0] ?? "";
  const data = files.get(`blobs/${digest.replace(":", "/")}`) ?? Buffer.alloc(0);
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (from === undefined || to === undefined) return void response.end(data);
  response.writeHead(206, { "content-range": `bytes ${from}-${to}/${data.length}` });
  response.end(data.subarray(Number(from), Number(to) + 1));
}

/** A registry with tokens, its token server, and another server to which it leads. */
async function start(
  lead: (path: string, other: string) => { status: number; headers: Record<string, string> } | undefined,
  answer: (request: IncomingMessage, response: ServerResponse) => void = sendBlob,
) {
  const heard: Record<"registry" | "tokens" | "other", Heard[]> = { registry: [], tokens: [], other: [] };
  const hear = (where: keyof typeof heard, { url = "", headers }: IncomingMessage) =>
    heard[where].push({ url, headers });
  const other = await listen((request, response) => {
    hear("other", request);
    answer(request, response);
  });
  const tokens = await listen((request, response) => {
    hear("tokens", request);
    response.end(JSON.stringify({ token: TOKEN }));
  });
  const registry = await listen((request, response) => {
    hear("registry", request);
    const realm = `Bearer realm="http://${addressOf(tokens)}/token",service="x"`;
    const led = lead(request.url ?? "", addressOf(other));
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      response.writeHead(401, { "www-authenticate": realm }).end();
    else if (led !== undefined) response.writeHead(led.status, led.headers).end();
    else sendBlob(request, response);
  });
  return { heard, host: addressOf(registry) };
}

const open = (host: string, options: Partial<OpenOptions> = {}) =>
  openImages(`docker://${host}/team/app@${image.digest}`, { probe: keepAll, env, credentials, ...options });

async function failure(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error("should fail with a UserError", { cause: error });
  // Also what debugging would show.
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    expect(`${at.message} ${at.stack}`).not.toMatch(SECRETS);
  return error.message;
}

function expectNoSecrets(heard: Heard[]): void {
  expect(heard.length).toBeGreaterThan(0);
  for (const { headers } of heard) {
    expect(JSON.stringify(headers)).not.toMatch(SECRETS);
    expect(headers.authorization).toBeUndefined();
    expect(headers.cookie).toBeUndefined();
  }
}

const isLayer = (path: string) => path.includes(layer.digest);

test.each([
  ["manifests", (path: string) => path.includes("/manifests/")],
  ["blobs", (path: string) => path.includes("/blobs/")],
])("redirects of %s: the token stays with the registry, the password with its token server", async (_what, isLed) => {
  const { heard, host } = await start((path, other) =>
    isLed(path)
      ? { status: 307, headers: { location: `http://other:${PASSWORD}@${other}${path}?key=signature-of-the-address` } }
      : undefined,
  );
  expect((await open(host))[0]?.digest).toBe(image.digest);
  expectNoSecrets(heard.other);
  expect(heard.tokens.map(({ headers }) => headers.authorization)).toEqual([`Basic ${BASIC}`]);
  expect(JSON.stringify(heard.tokens.map(({ url }) => url))).not.toMatch(SECRETS);
  for (const { headers } of heard.registry) expect([undefined, `Bearer ${TOKEN}`]).toContain(headers.authorization);
});

test("parts of layers", async () => {
  const { heard, host } = await start((path, other) =>
    isLayer(path) ? { status: 307, headers: { location: `http://${other}${path}` } } : undefined,
  );
  const probe: OpenOptions["probe"] = (file) => (file.path.endsWith("/nft") ? keepAll(file) : undefined);
  const [read] = await open(host, { lazy: true, probe });
  expect(read?.platforms[0]?.layers[0]?.partial?.format).toBe("eStargz");
  expect(heard.other.every(({ headers }) => headers.range !== undefined)).toBe(true);
  expectNoSecrets(heard.other);
});

test.each([
  ["Basic", () => "Basic realm=x"],
  ["Bearer", (own: string) => `Bearer realm="http://${own}/token",service="x"`],
])("another server that asks for a login gets none: %s", async (_scheme, challenge) => {
  const { heard, host } = await start(
    (path, other) =>
      isLayer(path)
        ? { status: 307, headers: { location: `http://${other}${path}?key=signature-of-the-address` } }
        : undefined,
    (request, response) => {
      response.writeHead(401, { "www-authenticate": challenge(request.headers.host ?? "") }).end();
    },
  );
  expect(await failure(open(host))).toMatch(/sends to 127.* for blob .*, which answers 401: try again$/);
  expectNoSecrets(heard.other);
  expect(heard.other.map(({ url }) => url.replace(/\?.*/, ""))).toEqual([`/v2/team/app/blobs/${layer.digest}`]);
});

test.each([
  403, 404, 429, 500,
])("another server that answers %i: nothing of its address but the host is shown", async (status) => {
  const { heard, host } = await start(
    (path, other) =>
      isLayer(path)
        ? { status: 302, headers: { location: `http://${other}/?key=signature-of-the-address` } }
        : undefined,
    (_request, response) => {
      response.writeHead(status, status === 429 ? { "retry-after": "3600" } : {}).end("signature-of-the-address");
    },
  );
  expect(await failure(open(host))).toMatch(/sends to 127/);
  expectNoSecrets(heard.other);
});

describe("a registry that repeats in its errors what it was sent", () => {
  const challenge = (realm: string) => ({ "www-authenticate": `Bearer realm="${realm}"` });
  type Answer = (sent: string, response: ServerResponse) => void;
  const says = (status: number, text: (sent: string) => string): Answer => {
    return (sent, response) =>
      void response.writeHead(status).end(JSON.stringify({ errors: [{ code: "X", message: text(sent) }] }));
  };
  const answers: Record<string, [Answer, RegExp]> = {
    "not found": [says(404, (sent) => `no such thing, authorization: ${sent}`), /authorization: Basic \*\*\*"/],
    "not allowed": [says(403, () => `bad password ${PASSWORD}`), /forbids .*bad password \*\*\*/],
    "broken, and long": [says(400, (sent) => `${"x".repeat(180)} ${sent}`), /answers 400 .*x Basic \*\*\*/],
    "too much": [
      (sent, response) => {
        response.setHeader("retry-after", "3600");
        says(429, () => sent)(sent, response);
      },
      /limits the number of requests \("Basic \*\*\*"\)/,
    ],
    "an address": [
      (_sent, response) => void response.writeHead(307, { location: `http://${PASSWORD}.example/` }).end(),
      /redirects to "http:\/\/\*\*\*\.example"/,
    ],
    "an address of tokens": [
      (sent, response) => void response.writeHead(401, challenge(`nowhere ${sent}`)).end(),
      /names no valid token server: "nowhere Basic \*\*\*"/,
    ],
    "the host of a token server": [
      (_sent, response) => void response.writeHead(401, challenge(`http://${PASSWORD}.example/`)).end(),
      /not HTTPS: "http:\/\/\*\*\*\.example"/,
    ],
  };
  test.each(Object.entries(answers))("%s", async (_name, [answer, shown]) => {
    let asked = 0;
    const registry = await listen((request, response) => {
      const { authorization } = request.headers;
      if (authorization === undefined) response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
      // The manifest is given: what follows comes with a login from the start.
      else if (asked++ === 0) sendBlob(request, response);
      else answer(authorization, response);
    });
    expect(await failure(open(addressOf(registry)))).toMatch(shown);
  });

  test("tokens too", async () => {
    const tokens = await listen((_request, response) => response.end(JSON.stringify({ token: TOKEN })));
    const registry = await listen((request, response) => {
      const { authorization } = request.headers;
      if (authorization === undefined) response.writeHead(401, challenge(`http://${addressOf(tokens)}/`)).end();
      else says(404, (sent) => `${sent} and ${TOKEN.toUpperCase()}`)(authorization, response);
    });
    expect(await failure(open(addressOf(registry)))).toMatch(/"Bearer \*\*\* and \*\*\*"/);
  });
});

test("links to further pages are not followed", async () => {
  const { heard, host } = await start(() => undefined);
  const paged = await start((_path, other) => ({
    status: 404,
    headers: { link: `<http://${other}/v2/next>; rel="next"` },
  }));
  await open(host);
  expect(await failure(open(paged.host))).toMatch(/has no manifest/);
  expect([...heard.other, ...paged.heard.other]).toEqual([]);
});

test("a proxy with a password that cannot be reached", async () => {
  const address = `http://user:${PASSWORD}@127.0.0.1:1`;
  const proxied = { ...env, HTTPS_PROXY: address, HTTP_PROXY: address };
  expect(
    await failure(openImages("docker://registry.example.test/a/b:1", { probe: keepAll, env: proxied, credentials })),
  ).toMatch(/the connection was refused/);
});

test.each([
  ["is read", 200, /"toolchain"/],
  ["is not", 403, /^$/],
])("the Action's log, summary, outputs and report when the image %s", async (_what, status, written) => {
  const { heard, host } = await start(
    (path, other) =>
      isLayer(path)
        ? { status: 307, headers: { location: `http://${other}${path}?key=signature-of-the-address` } }
        : undefined,
    (request, response) => (status === 200 ? sendBlob(request, response) : void response.writeHead(status).end()),
  );
  const report = join(scratch.path, `${status}.json`);
  const run = await runStep({
    command: [join(root, "dist/index.js")],
    folder: scratch.path,
    apiUrl: "http://127.0.0.1:1",
    inputs: {
      image: `docker://${host}/team/app@${image.digest}`,
      "registry-username": "someone",
      "registry-password": PASSWORD,
      comment: "never",
      "report-file": report,
    },
    env: { ...env, RUNNER_DEBUG: "1", ACTIONS_STEP_DEBUG: "true" },
  });
  expectNoSecrets(heard.other);
  const text = existsSync(report) ? readFileSync(report, "utf8") : "";
  expect(text).toMatch(written);
  // That is how the runner is told what to hide.
  const log = run.log.replace(`::add-mask::${PASSWORD}\n`, "");
  expect(log).toMatch(status === 200 ? /UNKNOWN/ : /which answers 403/);
  expect([log, run.summary, JSON.stringify(run.outputs), run.exported, text].join()).not.toMatch(SECRETS);
});
