import { expect, test } from "vitest";
import { credentialsFor } from "../../src/credentials.ts";

const login = { username: "u", password: "p" };

test("a login is bound to the one registry that the references name", () => {
  expect(credentialsFor(login, ["docker://ghcr.io/a/b:1", "image.tar", "ghcr.io/a/c:2"])).toEqual({
    ...login,
    registry: "ghcr.io",
  });
});

test("archives alone take no login anywhere", () => {
  expect(credentialsFor(login, ["docker-archive:image.tar"])).toBeUndefined();
  expect(credentialsFor({}, ["docker://ghcr.io/a/b:1"])).toBeUndefined();
});

test("half a login, or several registries, are mistakes", () => {
  expect(() => credentialsFor({ username: "u" }, [])).toThrow(/give both, or neither/);
  expect(() => credentialsFor(login, ["docker://ghcr.io/a/b:1", "docker://quay.io/a/b:1"])).toThrow(
    /2 registries \(ghcr\.io, quay\.io\)/,
  );
});
