import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { parseChallenges } from "../../src/image/registry-challenge.ts";
import { findLogin } from "../../src/image/registry-credentials.ts";
import { isLoopback, parseRegistryName } from "../../src/image/registry-name.ts";
import { json } from "../support/image-writer.ts";
import { addressOf, listen } from "../support/listen.ts";
import { keepNothing } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";

const HEX = "0123456789abcdef".repeat(4);
const scratch = scratchFolder("registry-parts");

describe("names", () => {
  test.each([
    ["nginx", "docker.io", "registry-1.docker.io", "library/nginx", "latest"],
    ["nginx:1.27", "docker.io", "registry-1.docker.io", "library/nginx", "1.27"],
    ["owner/app", "docker.io", "registry-1.docker.io", "owner/app", "latest"],
    ["docker.io/nginx", "docker.io", "registry-1.docker.io", "library/nginx", "latest"],
    ["index.docker.io/owner/app:1", "docker.io", "registry-1.docker.io", "owner/app", "1"],
    ["ghcr.io/a/b/c:x_Y-1.2", "ghcr.io", "ghcr.io", "a/b/c", "x_Y-1.2"],
    ["GHCR.io/a/b", "ghcr.io", "ghcr.io", "a/b", "latest"],
    ["localhost/a", "localhost", "localhost", "a", "latest"],
    ["localhost:5000/a__b/c-d:1", "localhost:5000", "localhost:5000", "a__b/c-d", "1"],
    ["[::1]:5000/a:1", "[::1]:5000", "[::1]:5000", "a", "1"],
    [`quay.io/a/b:1@sha256:${HEX}`, "quay.io", "quay.io", "a/b", `sha256:${HEX}`],
  ])("%s", (text, host, apiHost, repository, reference) => {
    expect(parseRegistryName(text)).toMatchObject({ host, apiHost, repository, reference });
  });

  test.each([
    ["", /is not the name of a repository/],
    ["ghcr.io/", /is not the name of a repository/],
    ["ghcr.io/../v2/x", /is not the name of a repository/],
    ["ghcr.io/a//b", /is not the name of a repository/],
    ["ghcr.io/Owner/app", /"Owner\/app" is not the name of a repository: lower-case letters/],
    ["ghcr.io/a?x=1", /is not the name of a repository/],
    ["user@evil.example/a/b", /is not a digest/],
    ["evil.example:99999999/a", /is not the host of a registry/],
    ["a.b#c/d", /is not the host/],
    ["ghcr.io:99999/a", /"ghcr.io:99999" is not the host of a registry/],
    ["127.999.1.1/a", /is not the host of a registry/],
    ["[:::::]:5000/a", /is not the host of a registry/],
    ["ghcr.io/a:b c", /is not a tag/],
    ["app@sha256:12", /"sha256:12" is not a digest/],
    [`a/${"b".repeat(300)}`, /is not the name of a repository/],
  ])("%s is refused", (text, message) => {
    expect(() => parseRegistryName(text)).toThrow(message);
  });

  test.each([
    ["localhost", true],
    ["localhost:5000", true],
    ["127.0.0.1:5000", true],
    ["127.1.2.3", true],
    ["[::1]:80", true],
    ["localhost.example", false],
    ["127.0.0.1.example", false],
    ["10.0.0.1:5000", false],
    ["[::2]", false],
  ])("%s is this machine: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe("WWW-Authenticate", () => {
  test.each([
    ["", []],
    ['Basic realm="x"', [["basic", { realm: "x" }]]],
    [
      'Bearer realm="https://auth.example/token",service="s",scope="repository:a/b:pull,push"',
      [["bearer", { realm: "https://auth.example/token", service: "s", scope: "repository:a/b:pull,push" }]],
    ],
    [
      'Negotiate, Basic realm="a, b=\\"c\\"" , Bearer realm=x, service = "y"',
      [
        ["negotiate", {}],
        ["basic", { realm: 'a, b="c"' }],
        ["bearer", { realm: "x", service: "y" }],
      ],
    ],
    [
      'Bearer realm="not closed',
      [
        ["bearer", {}],
        ["realm", {}],
      ],
    ],
  ])("%s", (header, expected) => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    expect(found).toEqual(expected);
  });

  test("a header of a megabyte takes no time", () => {
    const start = performance.now();
    parseChallenges(`Bearer ${'a="\\'.repeat(200_000)}`);
    parseChallenges(", ".repeat(500_000));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the logins of docker login", () => {
  let count = 0;
  function configure(config: unknown, programs: Record<string, string> = {}): Record<string, string> {
    const folder = scratch.write(`config-${++count}`, new Map([["config.json", json(config)]]));
    for (const [name, script] of Object.entries(programs)) {
      const file = join(folder, `docker-credential-${name}`);
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
    }
    return { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` };
  }
  const answer = (name: string, secret: string) => `read key; echo '{"Username":"${name}","Secret":"'$key'${secret}"}'`;

  test.each([
    ["ghcr.io", { auths: { "ghcr.io": { auth: base64("me:pa:ss") } } }, { username: "me", password: "pa:ss" }],
    ["ghcr.io", { auths: { "https://ghcr.io/v1/": { auth: base64("me:p\0\0") } } }, { username: "me", password: "p" }],
    [
      "docker.io",
      { auths: { "https://index.docker.io/v1/": { auth: base64("me:p") } } },
      { username: "me", password: "p" },
    ],
    ["docker.io", { auths: { "docker.io": { auth: base64("me:p") } } }, { username: "me", password: "p" }],
    ["a.io", { auths: { "a.io": { auth: base64("me:p"), identitytoken: "t" } } }, { identityToken: "t" }],
    [
      "a.io",
      { auths: { "a.io": { auth: base64("me:p"), identitytoken: "t", registrytoken: "r" } } },
      { registryToken: "r" },
    ],
    ["a.io", { auths: { "b.a.io": { auth: base64("me:p") } } }, undefined],
    ["a.io:5000", { auths: { "a.io": { auth: base64("me:p") } } }, undefined],
    ["a.io", { auths: { "a.io": {} } }, undefined],
    ["a.io", {}, undefined],
  ])("%s in %j", async (host, config, expected) => {
    const found = await findLogin(host, undefined, configure(config));
    expect(found.login).toEqual(expected);
    expect(found.problem).toBeUndefined();
  });

  test("stated credentials come first, and only for their registry", async () => {
    const env = configure({ auths: { "a.io": { auth: base64("file:p") } } });
    const stated = { username: "me", password: "x" };
    expect((await findLogin("a.io", stated, env)).login).toEqual(stated);
    expect((await findLogin("a.io", { ...stated, registry: "a.io" }, env)).login).toEqual(stated);
    expect((await findLogin("a.io", { ...stated, registry: "b.io" }, env)).login).toEqual({
      username: "file",
      password: "p",
    });
  });

  test("helpers: the host's own, then the store; Docker Hub under its old name; tokens", async () => {
    const config = {
      credHelpers: { "own.io": "own" },
      credsStore: "all",
      auths: { "a.io": { auth: base64("file:p") } },
    };
    const env = configure(config, { own: answer("<token>", "-1"), all: answer("me", "-2") });
    expect((await findLogin("own.io", undefined, env)).login).toEqual({ identityToken: "own.io-1" });
    expect((await findLogin("a.io", undefined, env)).login).toEqual({ username: "me", password: "a.io-2" });
    const hub = await findLogin("docker.io", undefined, env);
    expect(hub.login).toEqual({ username: "me", password: "https://index.docker.io/v1/-2" });
  });

  test.each([
    ["echo credentials not found in native keychain; exit 1", undefined],
    ["echo SECRET; exit 3", "docker-credential-x failed (3)"],
    ["echo SECRET", "docker-credential-x answered something else than credentials"],
    ["kill -9 $$", "docker-credential-x failed (ended by SIGKILL)"],
    ["yes SECRET", "docker-credential-x answered more than 64 KiB"],
    [
      "trap '' TERM HUP INT; yes SECRET | head -c 100000; while :; do sleep 1; done",
      "docker-credential-x answered more than 64 KiB",
    ],
  ])("a helper that does `%s`", async (script, problem) => {
    const found = await findLogin("a.io", undefined, configure({ credsStore: "x" }, { x: script }));
    expect(found).toEqual({ origin: "docker-credential-x", ...(problem === undefined ? {} : { problem }) });
  });

  test("a helper that never answers ends with its own time, or with that of the run, whichever is over first", async () => {
    const script = "trap '' TERM HUP INT; while :; do sleep 1; done";
    const env = configure({ credsStore: "x" }, { x: script });
    expect((await findLogin("a.io", undefined, env, { seconds: 0.2 })).problem).toBe(
      "docker-credential-x gave no answer within its 0.2 seconds",
    );
    const signal = AbortSignal.timeout(200);
    const error: unknown = await findLogin("a.io", undefined, env, { signal }).catch((thrown: unknown) => thrown);
    expect(error).toBe(signal.reason);
    // A signal that is over before it begins.
    await expect(findLogin("a.io", undefined, env, { signal })).rejects.toBe(signal.reason);
  });

  test.each([
    ["total-time", { totalSeconds: 0.5 }],
    ["network-time", { networkSeconds: 0.5 }],
  ])("a registry that asks for a login while the helper never answers: %s", async (limit, limits) => {
    const env = configure({ credsStore: "x" }, { x: "while :; do sleep 1; done" });
    const server = await listen((_request, response) =>
      response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end(),
    );
    const error: unknown = await openImages(`docker://${addressOf(server)}/app:1`, {
      probe: keepNothing,
      limits,
      env,
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ limit, message: expect.stringMatching(/takes more than 0\.5s/) });
  });

  test("a helper that is missing, or no program's name", async () => {
    expect((await findLogin("a.io", undefined, configure({ credsStore: "gone" }))).problem).toBe(
      "docker-credential-gone is not installed",
    );
    expect((await findLogin("a.io", undefined, configure({ credsStore: "/../x" }))).problem).toMatch(
      /no program's name/,
    );
  });

  test("a config that is damaged is told, one that is absent is nothing", async () => {
    const damaged = scratch.write("damaged", new Map([["config.json", Buffer.from("{")]]));
    const found = await findLogin("a.io", undefined, { DOCKER_CONFIG: damaged });
    expect(found.problem).toBe(`${damaged}/config.json is not valid JSON`);
    expect(await findLogin("a.io", undefined, { HOME: "/nowhere" })).toEqual({
      origin: "/nowhere/.docker/config.json",
    });
  });
});
