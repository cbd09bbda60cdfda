import { describe, expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { formatPlatform, matchesPlatform, parsePlatform } from "../../src/image/platform.ts";
import { type ImageReference, parseReference } from "../../src/image/reference.ts";
import { UserError } from "../../src/model/error.ts";
import { keepNothing } from "../support/probes.ts";

const HEX = "0123456789abcdef".repeat(4);
const THERE = ["image.tar", "odd#name.tar", "layout", "img"];
const exists = (path: string) => THERE.includes(path);

describe("image references", () => {
  const cases: [string, ImageReference][] = [
    ["docker-archive:image.tar", { transport: "docker-archive", path: "image.tar" }],
    ["docker-archive:a/b.tar#app:1", { transport: "docker-archive", path: "a/b.tar", name: "app:1" }],
    ["docker-archive:odd#name.tar", { transport: "docker-archive", path: "odd#name.tar" }],
    ["docker-archive:odd#name.tar#app:1", { transport: "docker-archive", path: "odd#name.tar", name: "app:1" }],
    ["oci-archive:/x.tar#r.example:5000/a:1", { transport: "oci-archive", path: "/x.tar", name: "r.example:5000/a:1" }],
    ["oci:layout", { transport: "oci", path: "layout" }],
    ["oci:layout#v1", { transport: "oci", path: "layout", name: "v1" }],
    [`oci:layout@sha256:${HEX}`, { transport: "oci", path: "layout", digest: `sha256:${HEX}` }],
    ["docker-daemon:app:1", { transport: "docker-daemon", name: "app:1" }],
    ["docker://ghcr.io/a/b:1", { transport: "registry", name: "ghcr.io/a/b:1" }],
    ["./build", { transport: "path", path: "./build" }],
    ["/x/y", { transport: "path", path: "/x/y" }],
    ["missing.tar", { transport: "path", path: "missing.tar" }],
    ["missing.tar.gz#app", { transport: "path", path: "missing.tar.gz", name: "app" }],
    ["missing.tgz", { transport: "path", path: "missing.tgz" }],
    ["img", { transport: "path", path: "img" }],
    ["img#app:1", { transport: "path", path: "img", name: "app:1" }],
    [" image.tar ", { transport: "path", path: "image.tar" }],
    ["nginx", { transport: "name", name: "nginx", registry: false }],
    ["owner/app:1", { transport: "name", name: "owner/app:1", registry: false }],
    ["dir:latest", { transport: "name", name: "dir:latest", registry: false }],
    ["ghcr.io/owner/app:1", { transport: "name", name: "ghcr.io/owner/app:1", registry: true }],
    ["localhost:5000/app", { transport: "name", name: "localhost:5000/app", registry: true }],
    [`app@sha256:${HEX}`, { transport: "name", name: `app@sha256:${HEX}`, registry: true }],
  ];
  test.each(cases)("%s", (text, expected) => {
    expect(parseReference(text, exists)).toEqual(expected);
  });

  test.each([
    ["", /empty/],
    ["docker-archive:", /nothing follows the transport/],
    ["oci:", /nothing follows the transport/],
    ["docker-archive:#app", /expected PATH#NAME:TAG/],
    ["docker-archive:image.tar#", /expected PATH#NAME:TAG/],
    ["oci:layout@sha256:12", /"sha256:12" is not a digest/],
    ["containers-storage:[overlay@/x]app", /unknown transport; known are docker-archive:PATH/],
    ["dir:/x", /unknown transport/],
    ["https://example.org/image.tar", /unknown transport/],
    ["docker:/app", /unknown transport/],
  ])("%s is refused", (text, message) => {
    expect(() => parseReference(text, exists)).toThrow(UserError);
    expect(() => parseReference(text, exists)).toThrow(message);
  });
});

describe("references that cannot be opened", () => {
  test.each([
    [
      "nothing-here",
      /^nothing-here: not found \(file: there is none of that name; daemon: no daemon answers at \/nowhere\.sock \(start it or set DOCKER_HOST\); registry: not tried, .*\); for an image of Docker Hub write docker:\/\/nothing-here$/,
    ],
    [
      "localhost:1/b:1",
      /not found \(file: .*; daemon: no daemon answers.*; registry: registry localhost:1: the connection was refused \(ECONNREFUSED\)\)$/,
    ],
    ["a file", /daemon: "a file" is not the name of an image; registry: not tried/],
    [
      "docker-daemon:app:1",
      /^docker-daemon:app:1: no daemon answers at \/nowhere\.sock \(start it or set DOCKER_HOST\)$/,
    ],
    ["docker-daemon:a/../b", /"a\/\.\.\/b" is not the name of an image$/],
    ["docker://localhost:1/app", /^docker:\/\/localhost:1\/app: registry localhost:1: the connection was refused/],
    ["docker://localhost:1/App", /"App" is not the name of a repository/],
    ["./nothing-here", /^\.\/nothing-here: there is no such file$/],
    ["docker-archive:nothing.tar", /^docker-archive:nothing\.tar: there is no such file$/],
    [
      "docker-archive:package.json:1",
      /there is no such file; to pick an image of an archive write "package\.json#NAME:TAG"/,
    ],
    ["docker-archive:src", /it is a directory: pass oci:DIR/],
    ["oci:package.json", /it is no directory: pass oci-archive:PATH/],
  ])("%s", async (reference, message) => {
    const opened = openImages(reference, { probe: keepNothing, env: { DOCKER_HOST: "unix:///nowhere.sock" } });
    await expect(opened).rejects.toThrow(UserError);
    await expect(opened).rejects.toThrow(message);
  });
});

test.each([
  "docker://",
  "https://",
  "docker-daemon:",
  "",
])("a login in a name is refused, and not shown: %s", (transport) => {
  for (const login of ["user:Pa55-w0rd", "user:Pa55@w0rd", "u:Pa55"]) {
    const parse = () => parseReference(`${transport}${login}@registry.example/team/app:1`, exists);
    expect(parse).toThrow(/registry\.example\/team\/app:1": a login does not belong into the name of an image/);
    expect(parse).not.toThrow(/Pa55/);
  }
  // A digest, and a registry with a port, are none.
  for (const name of [`registry.example:5000/app@sha256:${HEX}`, `app:1@sha256:${HEX}`])
    expect(() => parseReference(`docker://${name}`, exists)).not.toThrow();
});

describe("platforms", () => {
  test.each([
    ["linux/amd64", "linux/amd64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/arm/v7", "linux/arm/v7"],
    ["linux/arm", "linux/arm"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/arm/7", "linux/arm/v7"],
    ["Linux/X86-64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/arm64/v9.0", "linux/arm64/v9"],
    ["linux/i386", "linux/386"],
    ["macOS/aarch64", "darwin/arm64"],
  ])("%s", (asked, expected) => {
    expect(parsePlatform(asked)).toBe(expected);
  });

  test.each([
    [{ os: "Linux", architecture: "x86_64" }, "linux/amd64"],
    [{ os: "linux", architecture: "AARCH64", variant: "V8" }, "linux/arm64"],
    [{ os: "linux", architecture: "arm" }, "linux/arm/v7"],
    [{ os: "linux", architecture: "armhf", variant: "v6" }, "linux/arm/v7"],
    [{ os: "linux", architecture: "armel" }, "linux/arm/v6"],
    [{ os: "linux", architecture: "i386", variant: "x" }, "linux/386"],
    [{ os: "macos", architecture: "arm64" }, "darwin/arm64"],
    [{ os: "", architecture: "" }, "unknown/unknown"],
    [{ os: "linux", architecture: "constructor", variant: "toString" }, "linux/constructor/tostring"],
  ])("%j is %s", (stated, expected) => {
    expect(formatPlatform(stated)).toBe(expected);
  });

  test("what is no platform", () => {
    expect(() => parsePlatform("arm64")).toThrow('"arm64" is not a platform: expected os/architecture');
  });

  test("asking without a variant takes any", () => {
    expect(matchesPlatform("linux/arm/v7", parsePlatform("linux/arm"))).toBe(true);
    expect(matchesPlatform("linux/arm/v6", parsePlatform("linux/armhf"))).toBe(false);
    expect(matchesPlatform("linux/arm64", "linux/arm")).toBe(false);
  });
});
