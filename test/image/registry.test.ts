import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type OpenOptions, openImages } from "../../src/image/open-images.ts";
import { UserError } from "../../src/model/error.ts";
import type { ContentProbe, OpenedImage } from "../../src/model/image.ts";
import { addImage, addIndex, buildLayer, type Files, finishLayout, json, named } from "../support/image-writer.ts";
import { addressOf, listen } from "../support/listen.ts";
import { keepAll } from "../support/probes.ts";
import { startBlobStore, startProxy, startTunnel } from "../support/registry-proxy.ts";
import {
  account,
  missingRegistryTools,
  otherName,
  push,
  type RunningRegistry,
  startRegistry,
} from "../support/registry-server.ts";
import { scratchFolder } from "../support/scratch.ts";
import { recordSkip, skipTest } from "../support/skip.ts";

/** Reading from the real registry, alone and behind servers that do harm. */

const scratch = scratchFolder("registry");
const missing = missingRegistryTools();
if (missing !== undefined) recordSkip({ what: "reading from docker-registry", reason: missing });
const noConfig = { DOCKER_CONFIG: scratch.path, DOCKER_HOST: "unix:///nowhere.sock", PATH: process.env.PATH };

const files: Files = new Map();
const base = buildLayer([
  { name: "usr/sbin/nft", content: "nft", mode: 0o755 },
  // gzip makes it no smaller, so that there is something to cut
  { name: "usr/lib/noise", content: randomBytes(300_000) },
]);
const top = buildLayer([{ name: "usr/sbin/iptables", flag: "1", linkname: "usr/sbin/nft", mode: 0o755 }]);
const amd64 = { ...addImage(files, [base, top]), platform: { os: "linux", architecture: "amd64" } };
const arm64 = {
  ...addImage(files, [base], { architecture: "arm64", variant: "v8" }),
  platform: { os: "linux", architecture: "arm64", variant: "v8" },
};
const index = addIndex(files, [amd64, arm64]);
const layout = scratch.write("source", finishLayout(files, [named(amd64, "one"), named(index, "both")]));
const BASE_PATH = `/v2/team/app/blobs/${base.digest}`;

function open(reference: string, options: Partial<OpenOptions> = {}): Promise<OpenedImage[]> {
  return openImages(reference, { probe: keepAll, env: noConfig, ...options });
}

/** Everything that was read, comparable. */
function list(images: OpenedImage[]): unknown {
  return images.map(({ digest, platforms }) => ({
    digest,
    platforms: platforms.map(({ platform, configDigest, layers, tree, notes }) => ({
      platform,
      configDigest,
      notes,
      layers: layers.map((layer) => layer.digest),
      files: [...tree.walk()].flatMap(({ path, node }) => (node.type === "file" ? [[path, node.content]] : [])),
    })),
  }));
}

/** The failure as the user sees it; no secret of the tests may ever be in it. */
async function failure(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error("should fail with a UserError", { cause: error });
  const text = `${error.message} ${error.stack}`;
  expect(text).not.toMatch(/Pa55-w0rd|U29tZW9uZT|secret-of-the-address|eyJ/);
  expect(text).not.toContain(Buffer.from(`${account.username}:${account.password}`).toString("base64"));
  return error.message;
}

/** A folder for DOCKER_CONFIG with one login. */
function dockerLogin(name: string, host: string, entry: Record<string, string>): { DOCKER_CONFIG: string } {
  return { DOCKER_CONFIG: scratch.write(name, new Map([["config.json", json({ auths: { [host]: entry } })]])) };
}
const login = { auth: Buffer.from(`${account.username}:${account.password}`).toString("base64") };
const wrongLogin = { auth: Buffer.from(`${account.username}:Pa55-w0rd-wrong`).toString("base64") };
const wrong = { username: account.username, password: "Pa55-w0rd-wrong" };

let expected: unknown;
let open1: RunningRegistry;
beforeAll(async () => {
  if (missing !== undefined) return;
  expected = list(await open(`oci:${layout}#both`));
  open1 = await startRegistry(join(scratch.path, "open"), "none");
  await push(open1, `oci:${layout}:both`, "team/app:both");
  await push(open1, `oci:${layout}:one`, "team/app:docker", ["--format", "v2s2"]);
});

describe.skipIf(missing !== undefined)("a registry for everybody", () => {
  test("an index: the same as from the layout it was pushed from", async () => {
    expect(list(await open(`docker://${open1.host}/team/app:both`))).toEqual(expected);
    expect(list(await open(`docker://${open1.host}/team/app@${index.digest}`))).toEqual(expected);
    expect(list(await open(`docker://${open1.host}/team/app:nothing@${index.digest}`))).toEqual(expected);
  });

  test("Docker's own media types", async () => {
    const [image] = await open(`docker://${open1.host}/team/app:docker`);
    const [platform] = image?.platforms ?? [];
    expect(platform?.layers.map(({ digest }) => digest)).toEqual([base.digest, top.digest]);
    expect(platform?.layers[0]?.mediaType).toBe("application/vnd.docker.image.rootfs.diff.tar.gzip");
  });

  test("a bare name comes from the registry when no daemon has it, and says so", async () => {
    const [image] = await open(`${open1.host}/team/app:both`);
    expect(image?.platforms[0]?.notes).toEqual([
      "read from the registry; daemon: no daemon answers at /nowhere.sock (start it or set DOCKER_HOST)",
    ]);
  });

  test("each blob is asked for once, other platforms not at all", async () => {
    const proxy = await startProxy(open1, () => undefined);
    await open(`docker://${proxy.host}/team/app:both`);
    const paths = proxy.requests.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toContain(BASE_PATH);
    proxy.requests.length = 0;
    const [image] = await open(`docker://${proxy.host}/team/app:both`, { platforms: ["linux/arm64"] });
    expect(image?.platforms.map(({ platform }) => platform)).toEqual(["linux/arm64"]);
    expect(proxy.requests.map(({ path }) => path).join()).not.toContain(amd64.digest);
    expect(proxy.requests).toHaveLength(4);
    expect(await failure(open(`docker://${proxy.host}/team/app:both`, { platforms: ["linux/s390x"] }))).toMatch(
      /has no linux\/s390x; it has linux\/amd64, linux\/arm64$/,
    );
  });

  test.each([
    ["team/app:gone", /has no manifest gone of team\/app \("manifest unknown"\)$/],
    ["team/gone:1", /has no manifest 1 of team\/gone/],
    [`team/app@sha256:${"0".repeat(64)}`, /has no manifest sha256:0{64} of team\/app/],
  ])("%s", async (name, message) => {
    expect(await failure(open(`docker://${open1.host}/${name}`))).toMatch(message);
  });
});

test("an index of many large configs", async () => {
  const many: Files = new Map();
  const images = Array.from({ length: 20 }, (_, i) => {
    const image = addImage(many, [base], { architecture: `cpu${i}`, config: { Cmd: [`${i}`, "x".repeat(4_000_000)] } });
    return { ...image, platform: { os: "linux", architecture: `cpu${i}` } };
  });
  const large = addIndex(many, images);
  let sent = 0;
  const server = await listen((request, response) => {
    const name = request.url?.split("/").at(-1)?.replace("many", large.digest) ?? "";
    const data = many.get(`blobs/${name.replace(":", "/")}`) ?? Buffer.alloc(0);
    sent += data.length;
    response.end(data);
  });
  expect(await failure(open(`docker://${addressOf(server)}/a/b:many`))).toMatch(
    /its JSON documents have more than 64MiB together/,
  );
  expect(sent).toBeLessThan(72_000_000);
});

describe.skipIf(missing !== undefined)("a registry with passwords", () => {
  let registry: RunningRegistry;
  let reference: string;
  beforeAll(async () => {
    registry = await startRegistry(join(scratch.path, "basic"), "basic");
    await push(registry, `oci:${layout}:both`, "team/app:both");
    reference = `docker://${registry.host}/team/app:both`;
  });

  test("the login of docker login, of a helper, or stated", async () => {
    const env = { ...noConfig, ...dockerLogin("basic-login", registry.host, login) };
    expect(list(await open(reference, { env }))).toEqual(expected);
    expect(list(await open(reference, { credentials: account }))).toEqual(expected);
  });

  test("no login, a wrong one, one for another registry", async () => {
    expect(await failure(open(reference))).toMatch(/gives team\/app to nobody without a login: run docker login 127/);
    expect(await failure(open(reference, { credentials: wrong }))).toMatch(
      /refuses the login from the user name given for team\/app: check that .*; a public image needs none, then leave both out$/,
    );
    const stale = { ...noConfig, ...dockerLogin("basic-stale", registry.host, wrongLogin) };
    expect(await failure(open(reference, { env: stale }))).toMatch(
      /refuses the login from \/.*config\.json for team\/app: .*; a public image needs none, then run docker logout 127/,
    );
    expect(await failure(open(reference, { credentials: { ...account, registry: "ghcr.io" } }))).toMatch(/to nobody/);
    const env = { ...noConfig, ...dockerLogin("basic-token", registry.host, { identitytoken: "eyJ" }) };
    expect(await failure(open(reference, { env }))).toMatch(/wants a user name and a password/);
    const damaged = scratch.write("basic-damaged", new Map([["config.json", Buffer.from("[")]]));
    expect(await failure(open(reference, { env: { DOCKER_CONFIG: damaged } }))).toMatch(
      /without a login \(\/.*config\.json is not valid JSON\): run docker login/,
    );
  });

  test("the password is shown to the registry only when it asks, and never to the blob store that it redirects to", async () => {
    const store = await startBlobStore(registry);
    const proxy = await startProxy(registry, (path) =>
      path.includes("/blobs/")
        ? {
            status: 307,
            headers: { location: `http://${store.host}/${path.split("/").at(-1)}?key=secret-of-the-address` },
          }
        : undefined,
    );
    const images = await open(`docker://${proxy.host}/team/app:both`, { credentials: account });
    expect(list(images)).toEqual(expected);
    expect(proxy.requests[0]?.headers.authorization).toBeUndefined();
    expect(proxy.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
    expect(store.requests).toHaveLength(4);
    for (const { headers } of store.requests)
      expect(Object.keys(headers).sort()).toEqual(["accept-encoding", "connection", "host", "user-agent"]);
  });
});

describe.skipIf(missing !== undefined)("a registry with tokens", () => {
  let registry: RunningRegistry;
  beforeAll(async () => {
    registry = await startRegistry(join(scratch.path, "token"), "token");
    await push(registry, `oci:${layout}:both`, "team/app:both");
    await push(registry, `oci:${layout}:both`, "private/app:both");
    registry.tokenRequests.length = 0;
  });

  test("what is public needs no login, and a token for reading only is asked for, once", async () => {
    expect(list(await open(`docker://${registry.host}/team/app:both`))).toEqual(expected);
    expect(registry.tokenRequests).toHaveLength(1);
    const [request] = registry.tokenRequests;
    expect(new URL(request?.url ?? "", "http://x").searchParams.get("scope")).toBe("repository:team/app:pull");
    expect(request?.headers.authorization).toBeUndefined();
  });

  test("what is public is refused to a login that is stale, and the message says what to do", async () => {
    const env = { ...noConfig, ...dockerLogin("token-stale", registry.host, wrongLogin) };
    expect(await failure(open(`docker://${registry.host}/team/app:both`, { env }))).toMatch(
      /a public image needs none, then run docker logout 127/,
    );
  });

  test("what is private needs one", async () => {
    const reference = `docker://${registry.host}/private/app:both`;
    const env = { ...noConfig, ...dockerLogin("token-login", registry.host, login) };
    expect(list(await open(reference, { env }))).toEqual(expected);
    expect(list(await open(reference, { credentials: account }))).toEqual(expected);
    expect(await failure(open(reference))).toMatch(/gives private\/app to nobody without a login/);
    expect(await failure(open(reference, { credentials: wrong }))).toMatch(
      /refuses the login from the user name given/,
    );
  });

  test("neither the token nor the password goes where the registry redirects to", async () => {
    const store = await startBlobStore(registry);
    const proxy = await startProxy(registry, (path) =>
      path.includes("/blobs/")
        ? {
            status: 302,
            headers: { location: `http://${store.host}/${path.split("/").at(-1)}?key=secret-of-the-address` },
          }
        : undefined,
    );
    const images = await open(`docker://${proxy.host}/private/app:both`, { credentials: account });
    expect(list(images)).toEqual(expected);
    expect(proxy.requests.at(-1)?.headers.authorization).toMatch(/^Bearer /);
    expect(store.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  test("a registry token is shown to the registry as it is, and to nobody else", async () => {
    const elsewhere: unknown[] = [];
    const tokens = await listen((request, response) => {
      elsewhere.push(request.headers);
      response.writeHead(401).end();
    });
    let wanted = `Bearer realm="http://${addressOf(tokens)}/token",service="s"`;
    const seen: (string | undefined)[] = [];
    const server = await listen((request, response) => {
      seen.push(request.headers.authorization);
      if (request.headers.authorization === "Bearer eyJ-good") response.writeHead(404).end();
      else response.writeHead(401, { "www-authenticate": wanted }).end();
    });
    const host = addressOf(server);
    const read = (registrytoken: string) =>
      failure(open(`docker://${host}/a/b:1`, { env: { ...noConfig, ...dockerLogin("own", host, { registrytoken }) } }));
    expect(await read("eyJ-good")).toMatch(/has no manifest 1 of a\/b$/);
    expect(seen).toEqual([undefined, "Bearer eyJ-good"]);
    expect(await read("eyJ-bad")).toMatch(/refuses the login from .*config\.json for a\/b/);
    expect(await read("eyJ\n")).toMatch(/without a login \(.*config\.json holds a token that cannot be sent\)/);
    wanted = "Basic realm=x";
    expect(await read("eyJ-good")).toMatch(/wants a user name and a password, .*config\.json holds a token/);
    // Without a login, a token for everybody may be asked for.
    expect(elsewhere.map((headers) => (headers as Record<string, string>).authorization)).toEqual([undefined]);
  });

  test("an identity token is exchanged", async () => {
    const got: string[] = [];
    const server = await listen(async (request, response) => {
      if (request.url === "/token") {
        for await (const chunk of request) got.push(String(chunk));
        response.end(JSON.stringify({ access_token: "short" }));
      } else if (request.headers.authorization === "Bearer short") response.writeHead(404).end();
      else
        response
          .writeHead(401, { "www-authenticate": `Bearer realm="http://${addressOf(server)}/token",service="s"` })
          .end();
    });
    const env = { ...noConfig, ...dockerLogin("identity", addressOf(server), { identitytoken: "a b&c" }) };
    expect(await failure(open(`docker://${addressOf(server)}/a/b:1`, { env }))).toMatch(/has no manifest 1 of a\/b$/);
    expect(got.join("")).toBe(
      "service=s&scope=repository%3Aa%2Fb%3Apull&grant_type=refresh_token&refresh_token=a+b%26c&client_id=netfilter-compat",
    );
  });

  test.each([
    [
      'Bearer realm="http://example.org/token"',
      /names a token server that is not used, because it is not HTTPS: "http:\/\/example\.org"/,
    ],
    ['Bearer realm="file:///etc/passwd"', /not used, because it is not HTTPS/],
    ['Bearer service="x"', /names no valid token server: ""/],
    ["Negotiate", /wants a login of a kind that is not known/],
    ["", /wants a login of a kind that is not known/],
  ])("the challenge %s", async (challenge, message) => {
    const proxy = await startProxy(open1, () => ({ status: 401, headers: { "www-authenticate": challenge } }));
    expect(await failure(open(`docker://${proxy.host}/team/app:both`, { credentials: account }))).toMatch(message);
  });

  test.each([
    [200, "{}", /gave no token/],
    [200, '{"token": "a\\nb"}', /gave no token/],
    [200, "x".repeat(300_000), /gave no token/],
    [307, "", /sends to 127.* for a token, which answers 307/],
    [503, "", /for a token, which answers 503/],
  ])("a token server that answers %i %.20s", async (status, body, message) => {
    const other = await startBlobStore(registry);
    const server = await listen((_request, response) => {
      response.writeHead(status, { location: `http://${other.host}/` }).end(body);
    });
    const proxy = await startProxy(open1, () => ({
      status: 401,
      headers: { "www-authenticate": `Bearer realm="http://${addressOf(server)}/"` },
    }));
    expect(await failure(open(`docker://${proxy.host}/team/app:both`, { credentials: account }))).toMatch(message);
    expect(other.requests).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)("a registry with TLS", () => {
  let registry: RunningRegistry;
  beforeAll(async () => {
    registry = await startRegistry(join(scratch.path, "tls"), "tls");
    await push(registry, `oci:${layout}:both`, "team/app:both");
  });

  /** Reads in a process of its own: Node looks for trusted certificates when it starts. */
  async function readTrusting(reference: string, more: Record<string, string> = {}): Promise<string> {
    const module = fileURLToPath(new URL("../../src/image/open-images.ts", import.meta.url));
    const script = scratch.write(
      "read.mjs",
      Buffer.from(
        `import { openImages } from ${JSON.stringify(module)};
         const [image] = await openImages(${JSON.stringify(reference)}, { probe: () => undefined });
         console.log(image.digest);`,
      ),
    );
    const env = { ...noConfig, NODE_EXTRA_CA_CERTS: registry.certificate, ...more };
    return (await promisify(execFile)(process.execPath, [script], { env, timeout: 60_000 })).stdout.trim();
  }

  test("is refused when nobody vouches for its certificate, and read when somebody does", async () => {
    const reference = `docker://${registry.host}/team/app:both`;
    expect(await failure(open(reference))).toMatch(
      /its TLS certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): set NODE_EXTRA_CA_CERTS/,
    );
    expect(await readTrusting(reference)).toBe(index.digest);
  });

  test("a certificate that nobody vouches for is refused also where TLS may be missing", async () => {
    const insecureRegistries = [registry.host];
    expect(await failure(open(`docker://${registry.host}/team/app:both`, { insecureRegistries }))).toMatch(
      /certificate is not trusted/,
    );
  });

  test("is reached through the proxy of the environment, this machine's own is not", async () => {
    const tunnel = await startTunnel(registry);
    const proxy = { HTTPS_PROXY: `http://${tunnel.host}`, HTTP_PROXY: `http://${tunnel.host}` };
    expect(await readTrusting(`docker://${otherName}/team/app:both`, proxy)).toBe(index.digest);
    expect(tunnel.targets[0]).toBe(`${otherName}:443`);
    tunnel.targets.length = 0;
    expect(await readTrusting(`docker://${registry.host}/team/app:both`, proxy)).toBe(index.digest);
    expect(tunnel.targets).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)("a registry without TLS on another machine", () => {
  const reference = `docker://${otherName}:5000/team/app:both`;

  test("is read only when the user says so, by its name with the port", async () => {
    const tunnel = await startTunnel(open1);
    const env = { ...noConfig, HTTPS_PROXY: `http://${tunnel.host}`, HTTP_PROXY: `http://${tunnel.host}` };
    const read = (insecureRegistries: string[]) => open(reference, { env, insecureRegistries });
    expect(list(await read(["elsewhere.test", `${otherName}:5000`.toUpperCase()]))).toEqual(expected);
    // TLS is tried first.
    expect(tunnel.targets.slice(0, 2)).toEqual([
      `${otherName}:5000`,
      `http://${otherName}:5000/v2/team/app/manifests/both`,
    ]);
    for (const others of [[], [otherName], [`${otherName}:5001`], ["other.test:5000"]]) {
      tunnel.targets.length = 0;
      expect(await failure(read(others))).toMatch(
        /probably does not speak TLS, and without it only registries of this machine are read: .*--insecure-registry registry\.example\.test:5000/,
      );
      expect(tunnel.targets.filter((target) => target.startsWith("http:"))).toEqual([]);
    }
    expect(await failure(read(["http://a.test"]))).toMatch(
      /"http:\/\/a\.test" is not the host of a registry: write HOST/,
    );
  });

  test("leads to nothing else without TLS: neither this machine's services nor others", async () => {
    for (const location of ["http://127.0.0.1:1/x?key=secret-of-the-address", "http://other.test/x"]) {
      const proxy = await startProxy(open1, (path) =>
        path.includes("/blobs/") ? { status: 307, headers: { location } } : undefined,
      );
      const tunnel = await startTunnel(proxy);
      const env = { ...noConfig, HTTPS_PROXY: `http://${tunnel.host}`, HTTP_PROXY: `http://${tunnel.host}` };
      expect(await failure(open(reference, { env, insecureRegistries: [`${otherName}:5000`] }))).toMatch(
        /redirects to "http:\/\/(127\.0\.0\.1:1|other\.test)", which is not HTTPS/,
      );
    }
  });
});

describe.skipIf(missing !== undefined)("a registry that fails", () => {
  const size = base.bytes.length;
  const quarters = [0, 1, 2, 3].map((n) => Math.floor((n * size) / 4));

  test.each(quarters)("a connection that is cut after %i bytes is resumed there", async (cut) => {
    const proxy = await startProxy(open1, (path, nth) => (path === BASE_PATH && nth === 1 ? { cut } : undefined));
    expect(list(await open(`docker://${proxy.host}/team/app:both`))).toEqual(expected);
    const ranges = proxy.requests.filter(({ path }) => path === BASE_PATH).map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, cut === 0 ? undefined : expect.stringMatching(/^bytes=\d+-$/)]);
  });

  test("cut again and again, as long as bytes come; also where there are no ranges", async () => {
    const step = Math.ceil(size / 8);
    const ranged = await startProxy(open1, (path) => (path === BASE_PATH ? { cut: step } : undefined));
    expect(list(await open(`docker://${ranged.host}/team/app:both`))).toEqual(expected);
    const whole = await startProxy(open1, (path, nth) =>
      path === BASE_PATH ? { wholeAndCut: Math.min(nth * 2 * step, size) } : undefined,
    );
    expect(list(await open(`docker://${whole.host}/team/app:both`))).toEqual(expected);
  });

  test("cut at the same place for ever", async () => {
    const proxy = await startProxy(open1, (path) => (path === BASE_PATH ? { wholeAndCut: 1000 } : undefined));
    expect(await failure(open(`docker://${proxy.host}/team/app:both`))).toMatch(
      /layer sha256:.*: registry 127.*: the connection was cut \(ECONNRESET\) \(1000 of \d+ bytes of blob .* were read\)$/,
    );
  });

  test.each([
    ["wrong bytes", { flip: size - 100_000 }, /its bytes have another digest|compressed data is damaged/],
    ["more bytes", { append: 10 }, /has more bytes than the \d+ that its manifest says/],
    ["fewer bytes", { shorten: 10 }, /of \d+ bytes of blob .* were read|another digest|another part/],
    ["another status", { status: 416 }, /answers 416 for blob/],
    ["an endless redirect", { status: 302, headers: { location: BASE_PATH } }, /redirects more than 5 times for blob/],
    [
      "a redirect to elsewhere without TLS",
      { status: 302, headers: { location: "http://example.org/?key=secret-of-the-address" } },
      /redirects to "http:\/\/example\.org", which is not HTTPS/,
    ],
    [
      "a redirect to a file",
      { status: 302, headers: { location: "file:///etc/passwd" } },
      /redirects to "file:\/\/", which is not HTTPS/,
    ],
    ["a redirect to nowhere", { status: 302 }, /redirects to no valid address/],
    [
      "forbidden",
      { status: 403, body: JSON.stringify({ errors: [{ code: "DENIED", message: "no\nway" }] }) },
      /forbids reading team\/app \("no\\u000away"\): the login needs/,
    ],
  ])("a layer with %s", async (_what, fault, message) => {
    const proxy = await startProxy(open1, (path) => (path === BASE_PATH ? fault : undefined));
    expect(await failure(open(`docker://${proxy.host}/team/app:both`))).toMatch(message);
  });

  test("a layer that is read a second time, for a name that a hard link gives, is verified a second time", async () => {
    const linked = buildLayer(
      [
        { name: "usr/lib/x", content: "iptables" },
        { name: "usr/sbin/iptables", flag: "1", linkname: "usr/lib/x" },
      ],
      "none",
    );
    const more: Files = new Map();
    const image = addImage(more, [linked]);
    const probe: ContentProbe = (file) => (file.path.includes("/sbin/") ? keepAll(file) : undefined);
    const change = async (nth: number) => {
      let times = 0;
      // Not the real registry: skopeo packs a layer on its way there, and then a change is noticed anyway.
      const server = await listen((request, response) => {
        const digest = request.url?.split("/").at(-1) ?? "";
        const data = Buffer.from(more.get(`blobs/${digest.replace(":", "/")}`) ?? "");
        if (digest === linked.digest && ++times === nth) data[512] = 0;
        response.end(data);
      });
      return open(`docker://${addressOf(server)}/team/linked@${image.digest}`, { probe });
    };
    expect((await change(3))[0]?.platforms[0]?.tree.lookup("/usr/sbin/iptables")).toMatchObject({
      content: "iptables",
    });
    for (const nth of [1, 2]) expect(await failure(change(nth))).toMatch(/its bytes have another digest/);
  });

  const isManifest = (path: string) => path.includes("/manifests/both");

  test.each([
    ["in seconds", () => "1"],
    ["as a date", () => new Date(Date.now() + 1000).toUTCString()],
  ])("500 and 429 once; when to come back is said %s", async (_how, when) => {
    const proxy = await startProxy(open1, (path, nth) => {
      if (nth > 1) return undefined;
      return isManifest(path) ? { status: 429, headers: { "retry-after": when() } } : { status: 500 };
    });
    expect(list(await open(`docker://${proxy.host}/team/app:both`))).toEqual(expected);
  });

  test("429 until a day in another year", async () => {
    const when = new Date(Date.now() + 400 * 86_400_000).toUTCString();
    const proxy = await startProxy(open1, () => ({ status: 429, headers: { "retry-after": when } }));
    expect(await failure(open(`docker://${proxy.host}/team/app:both`))).toMatch(/try again in 345(59|60)\d{3} seconds/);
    expect(proxy.requests).toHaveLength(1);
  });

  test.each([
    ["500 for ever", { status: 500 }, /answers 500 for manifest both: try again later$/],
    [
      "429 for an hour",
      { status: 429, headers: { "retry-after": "3600" } },
      /limits the number of requests: try again in 3600 seconds, or log in: many registries/,
    ],
    ["garbage", { status: 200, body: "<html>" }, /another digest|is not valid JSON/],
    ["wrong bytes", { flip: 20 }, /manifest both has another digest than sha256:/],
    [
      "a manifest that is too large",
      { status: 200, body: "x".repeat(5_000_000) },
      /manifest both: a JSON document has more than 4MiB/,
    ],
    ["schema 1", { status: 200, body: '{"schemaVersion":1,"fsLayers":[]}' }, /schema 1, which is not read/],
  ])("%s", async (_what, fault, message) => {
    const proxy = await startProxy(open1, (path) => (isManifest(path) ? fault : undefined));
    expect(await failure(open(`docker://${proxy.host}/team/app:both`))).toMatch(message);
  });

  test("silence: each request and all together have their time", async () => {
    const proxy = await startProxy(open1, (path) => (path === BASE_PATH ? { stall: 1000 } : undefined));
    const reference = `docker://${proxy.host}/team/app:both`;
    expect(await failure(open(reference, { limits: { networkSeconds: 1 } }))).toMatch(/takes more than 1s/);
    const once = await startProxy(open1, (path, nth) =>
      path === BASE_PATH && nth === 1 ? { stall: 1000 } : undefined,
    );
    const images = await open(`docker://${once.host}/team/app:both`, { limits: { idleSeconds: 0.3 } });
    expect(list(images)).toEqual(expected);
  });
});

test("what was needed for these tests is there", (context) => {
  if (missing !== undefined) skipTest(context, "reading from registries", missing);
});
