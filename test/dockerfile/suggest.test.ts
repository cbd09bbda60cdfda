import { describe, expect, test } from "vitest";
import { suggestBase } from "../../src/dockerfile/suggest.ts";

const alpine = { distribution: "alpine", release: "3.18" };
const install = "RUN apk add --no-cache iptables ipset";

describe("one line is the whole change", () => {
  test.each([
    ["FROM alpine:3.15", "FROM alpine:3.18"],
    ["FROM alpine:3.15.4", "FROM alpine:3.18"],
    ["FROM docker.io/library/alpine:3.15 AS final", "FROM docker.io/library/alpine:3.18 AS final"],
    ["FROM --platform=$TARGETPLATFORM alpine:3.15", "FROM --platform=$TARGETPLATFORM alpine:3.18"],
    ["  FROM  alpine:3.15  as final", "  FROM  alpine:3.18  as final"],
    ["\tfrom alpine:3.15", "\tfrom alpine:3.18"],
  ])("%s", (from, text) => {
    expect(suggestBase(`${from}\n${install}\n`, 1, alpine)).toEqual({ line: 1, text });
  });

  test("a variant stays", () => {
    const upgrade = { distribution: "debian", release: "12" };
    expect(suggestBase("# x\nFROM debian:11-slim\n", 2, upgrade)?.text).toBe("FROM debian:12-slim");
    expect(suggestBase("FROM amazonlinux:2\n", 1, { distribution: "amazon-linux", release: "2023" })?.text).toBe(
      "FROM amazonlinux:2023",
    );
  });
});

test.each([
  ["another image", "FROM node:20", install],
  ["somebody's own", "FROM example.org/team/alpine:3.15", install],
  ["a variable", "FROM alpine:$" + "{VERSION}", install],
  ["a variable in the middle", "FROM alpine:3.$" + "{MINOR}", install],
  ["a default of its own", "FROM alpine:$" + "{VERSION:-3.15}", install],
  ["another instruction", "COPY --from=alpine:3.15 /sbin/iptables /sbin/", install],
  ["a comment behind it", "FROM alpine:3.15 # pinned", install],
  ["a continued line", "FROM alpine:3.15 \\", "AS final"],
  ["other line ends", "FROM alpine:3.15\r", install],
  ["backticks", "FROM alpine:3.15 AS ```", install],
  ["an exact version by variable", "FROM alpine:3.15", "RUN apk add iptables=$" + "{IPTABLES_1}"],
  ["packages from an address", "FROM alpine:3.15", "RUN apk add --repository=https://example.org/v3.12 iptables"],
  ["a digest", `FROM alpine:3.15@sha256:${"a".repeat(64)}`, install],
  ["no number", "FROM alpine:edge", install],
  ["a dated variant", "FROM alpine:3.15-20240101", install],
  ["that release already", "FROM alpine:3.18.2", install],
  [
    "packages of another release",
    "FROM alpine:3.15",
    "RUN sed -i s/v3.15/v3.12/ /etc/apk/repositories && apk add iptables",
  ],
  ["an exact version", "FROM alpine:3.15", "RUN apk add iptables=1.8.4-r2"],
  ["markup", "FROM alpine:3.15 AS `x`", install],
])("%s: more would have to change", (_, from, rest) => {
  expect(suggestBase(`${from}\n${rest}\n`, 1, alpine)).toBeUndefined();
});
