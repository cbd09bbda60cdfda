import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { inputNames, readInputs } from "../../src/github/inputs.ts";
import { outputNames } from "../../src/github/outputs.ts";

const read = (values: Record<string, string>) =>
  readInputs(Object.fromEntries(Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])));

describe("inputs", () => {
  test("only image is needed; what was not given stays open for the config file", () => {
    expect(read({ image: " docker-archive:a.tar \n" }).inputs).toEqual({
      images: ["docker-archive:a.tar"],
      baseImages: [],
      baseReports: [],
    });
  });

  test("everything at once", () => {
    const { inputs, warnings } = read({
      image: "a.tar\n# the second one\n\n- b.tar#name:tag\r\n",
      hosts: "ubuntu-22.04@6.2, debian >= 12\n- not rhel-7",
      config: " ci/compat.yml ",
      "base-image": "c.tar\nd.tar",
      platforms: "linux/amd64,linux/arm64",
      dockerfile: "build/Dockerfile",
      "fail-on": "Warning",
      "fail-on-unknown": "TRUE",
      "fail-on-existing": "true",
      comment: "always",
      "report-name": "agent",
      "report-file": "out/report.json",
      "sarif-file": "out/report.sarif",
      "github-token": "t",
      "registry-username": "u",
      "registry-password": " p ",
      "insecure-registries": "registry.lan:5000, other.lan\n10.0.0.1:80",
      lazy: "true",
    });
    expect(warnings).toEqual([]);
    expect(inputs).toEqual({
      images: ["a.tar", "b.tar#name:tag"],
      hosts: ["ubuntu-22.04@6.2", "debian >= 12", "not rhel-7"],
      config: "ci/compat.yml",
      baseImages: ["c.tar", "d.tar"],
      baseReports: [],
      platforms: ["linux/amd64", "linux/arm64"],
      dockerfile: "build/Dockerfile",
      failOn: "warning",
      failOnUnknown: true,
      failOnExisting: true,
      comment: "always",
      reportName: "agent",
      reportFile: "out/report.json",
      sarifFile: "out/report.sarif",
      token: "t",
      registryUsername: "u",
      registryPassword: "p",
      insecureRegistries: ["registry.lan:5000", "other.lan", "10.0.0.1:80"],
      lazy: true,
    });
  });

  test("a saved report takes the place of the base image, and both at once are a mistake", () => {
    expect(read({ image: "a", "base-report": "base.json" }).inputs.baseReports).toEqual(["base.json"]);
    expect(() => read({ image: "a", "base-report": "base.json", "base-image": "b" })).toThrow(/both given/);
  });

  test("false is a value, not an absence", () => {
    expect(read({ image: "a", "fail-on-unknown": "false" }).inputs.failOnUnknown).toBe(false);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{}, /^input image: missing/],
    [{ image: " \n# a\n" }, /^input image: missing/],
    [{ image: "a", "fail-on": "warn" }, /^input fail-on: "warn" is not one of error, warning, never$/],
    [{ image: "a", "fail-on-unknown": "yes" }, /^input fail-on-unknown: "yes" is neither true nor false$/],
    [{ image: "a", comment: "sometimes" }, /^input comment: "sometimes" is not one of on-failure, always, never$/],
    [{ image: "a\nb", "base-image": "c" }, /^input base-image: 1 given for 2 in image/],
  ])("mistakes: %j", (values, message) => {
    expect(() => read(values)).toThrow(message);
  });

  test("unknown inputs are told, with what was probably meant", () => {
    expect(read({ image: "a", fail_on: "never", images: "b", base: "c", "no-such": "x", empty: "" }).warnings).toEqual([
      "input base: unknown and ignored; did you mean base-image or base-report?",
      "input fail_on: unknown and ignored; meant is probably fail-on",
      "input images: unknown and ignored; meant is probably image",
      expect.stringMatching(/^input no-such: unknown and ignored; known are image, hosts, /),
    ]);
  });
});

describe("action.yml", () => {
  const action = parse(readFileSync(new URL("../../action.yml", import.meta.url), "utf8"));

  test("has the inputs and outputs that the code has, in the same order", () => {
    expect(Object.keys(action.inputs)).toEqual(inputNames);
    expect(Object.keys(action.outputs)).toEqual(outputNames);
  });

  test("sets no default but the token's: one would override the config file", () => {
    const defaults = Object.entries<{ default?: string }>(action.inputs).filter(
      ([, input]) => input.default !== undefined,
    );
    expect(defaults.map(([name, input]) => [name, input.default])).toEqual([
      ["github-token", "$" + "{{ github.token }}"],
    ]);
  });

  test("is fit for the marketplace", () => {
    expect(action.description.length).toBeLessThan(125);
    expect(action.runs).toEqual({ using: "node24", main: "dist/index.js" });
    for (const item of [
      ...Object.values<{ description: string }>(action.inputs),
      ...Object.values<{ description: string }>(action.outputs),
    ])
      expect(item.description.length).toBeGreaterThan(15);
  });
});
