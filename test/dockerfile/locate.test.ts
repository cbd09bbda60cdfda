import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findDockerfile } from "../../src/dockerfile/find.ts";
import { locateTool } from "../../src/dockerfile/locate.ts";
import { scratchFolder } from "../support/scratch.ts";

const iptables = {
  packages: ["iptables", "iptables-nft"],
  paths: ["/usr/sbin/iptables", "/usr/sbin/xtables-nft-multi"],
};

/** The wanted line is marked with `<--`; the mark is removed before the file is read. */
const cases: [name: string, kind: "install" | "copy" | "from", text: string][] = [
  ["one line", "install", "FROM alpine:3.12\nRUN apk add --no-cache iptables ipset <--"],
  [
    "continuation lines with comment and blank line",
    "install",
    'FROM alpine:3.12\nRUN apk add --no-cache \\\n    # the firewall\n\n    ipset \\\n    iptables=1.8.4-r2 <-- \\\n    conntrack-tools\nENTRYPOINT ["/kg"]',
  ],
  [
    "after other commands",
    "install",
    "FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends iptables && rm -rf /var/lib/apt/lists/* <--",
  ],
  [
    "heredoc",
    "install",
    "FROM debian:12\nRUN <<EOF\nset -e\napt-get update\napt-get install -y \\\n  iptables <--\nEOF",
  ],
  [
    "heredoc with a quoted end and indentation",
    "install",
    "FROM alpine:3.20\nRUN <<-'END'\n\tset -e\n\tapk add --no-cache iptables <--\n\tEND\nRUN true",
  ],
  [
    "a file of the build that only looks like a command",
    "from",
    "FROM alpine:3.20 <--\nCOPY <<EOF /install.sh\napk add iptables\nEOF",
  ],
  [
    "several package managers",
    "install",
    "FROM alpine AS a\nRUN apk add iptables\nFROM fedora AS f\nRUN dnf install -y iptables-nft\nFROM debian:12\nCOPY --from=a /x /x\nCOPY --from=f /y /y\nRUN set -eux; apt-get update; apt-get -y install iptables <--",
  ],
  ["whichever there is", "install", "FROM x\nRUN apk add iptables || apt-get install -y iptables <--"],
  ["with a cache mounted", "install", "FROM x\nRUN --mount=type=cache,target=/var/cache/apk apk add iptables <--"],
  [
    "a version from ARG",
    "install",
    "FROM alpine:3.20\nARG IPTABLES_VERSION=1.8.10-r3\nRUN apk add iptables=$" + "{IPTABLES_VERSION} <--",
  ],
  ["the base's version from ARG", "from", "ARG ALPINE=3.20\nFROM alpine:$" + "{ALPINE} <--\nCOPY kg /kg"],
  [
    "COPY --link --from of the file",
    "copy",
    "FROM alpine AS t\nFROM scratch\nCOPY --link --from=t --chmod=755 /sbin/iptables /usr/sbin/iptables <--",
  ],
  ["COPY in exec form", "copy", 'FROM x\nCOPY ["bin/iptables", "/usr/sbin/"] <--'],
  ["ADD of the file", "copy", "FROM x\nADD https://example.org/iptables /usr/sbin/iptables <--"],
  ["exec form", "install", 'FROM alpine:3.20\nRUN ["apk", "add", "iptables"] <--'],
  ["shell in quotes", "install", "FROM alpine:3.20\nRUN sh -c 'apk add iptables' <--"],
  ["variable from ARG", "install", 'FROM alpine:3.20\nARG TOOLS="ipset iptables"\nRUN apk add $TOOLS <--'],
  ["dnf with version", "install", "FROM fedora:41\nRUN dnf -y install iptables-nft-1.8.10 <--"],
  ["microdnf", "install", "FROM ubi9\nRUN microdnf install -y iptables-nft <--"],
  ["yum", "install", "FROM centos:7\nRUN yum -y install iptables <--"],
  ["tdnf", "install", "FROM azurelinux\nRUN tdnf install -y iptables <--"],
  ["zypper", "install", "FROM bci\nRUN zypper --non-interactive in iptables <--"],
  ["a package file", "install", "FROM ubuntu\nRUN dpkg -i /packages/iptables_1.8.8-1_amd64.deb <--"],
  ["the script of Kubernetes' Debian images", "install", "FROM debian-base\nRUN clean-install conntrack iptables <--"],
  ["the last one decides", "install", "FROM alpine\nRUN apk add iptables\nRUN apk add iptables=1.8.10-r3 <--"],
  [
    "final stage only",
    "install",
    "FROM alpine AS build\nRUN apk add iptables\nFROM alpine\nRUN apk add iptables <--\n",
  ],
  [
    "a build stage doesn't matter",
    "from",
    "FROM alpine AS build\nRUN apk add iptables\nFROM distroless <--\nCOPY --from=build /kg /kg",
  ],
  ["a stage below", "install", "FROM alpine AS base\nRUN apk add iptables <--\nFROM base\nCOPY kg /kg"],
  [
    "a stage below, by ARG",
    "install",
    "ARG BASE=tools\nFROM alpine AS tools\nRUN apk add iptables <--\nFROM $BASE\nCOPY kg /kg",
  ],
  [
    "COPY --from of the file",
    "copy",
    "FROM alpine AS t\nRUN apk add iptables\nFROM distroless\nCOPY --from=t /sbin/xtables-nft-multi /usr/sbin/ <--",
  ],
  ["COPY --from by pattern", "copy", "FROM distroless\nCOPY --from=mcr/iptables /usr/sbin/*tables* /usr/sbin/ <--"],
  [
    "COPY --from of the folder",
    "install",
    "FROM alpine AS t\nRUN apk add iptables <--\nFROM distroless\nCOPY --from=t /usr/sbin /usr/sbin",
  ],
  [
    "COPY --from of the folder of an image",
    "copy",
    "FROM distroless\nCOPY --from=registry/tools:1 /usr/sbin/ /usr/sbin/ <--",
  ],
  [
    "squashed root",
    "install",
    "FROM alpine:3.20 AS root\nRUN apk add iptables <--\nFROM scratch\nCOPY --from=root / /",
  ],
  [
    "squashed root, by number, one folder below",
    "install",
    "FROM alpine:3.20\nRUN apk add iptables <--\nFROM scratch\nCOPY --from=0 /out /",
  ],
  ["base image", "from", "FROM golang AS build\nRUN go build\nFROM alpine:3.12 <--\nCOPY --from=build /kg /kg"],
  ["base image through aliases", "from", "FROM alpine:3.12 AS one <--\nFROM one AS two\nFROM two\nCOPY kg /kg"],
  ["another package with the same beginning", "from", "FROM alpine <--\nRUN apk add iptables-doc iptablesx ip6tables"],
  ["removed, not installed", "from", "FROM alpine <--\nRUN apk del iptables"],
  ["other escape character", "install", "# escape=`\nFROM alpine\nRUN apk add `\n  iptables <--"],
  ["carriage returns", "install", "FROM alpine\r\nRUN apk add \\\r\n  iptables <--\r\n"],
  ["a stage is no earlier stage of itself", "copy", "FROM x AS a\nCOPY --from=a / / <--"],
];

describe("the line that brings a tool in", () => {
  test.each(cases)("%s", (_, kind, marked) => {
    const line = marked.split("\n").findIndex((text) => text.includes("<--")) + 1;
    expect(line).toBeGreaterThan(0);
    const text = marked.replace(/ <--/g, "");
    expect(locateTool(text, iptables)).toMatchObject({ line, kind });
  });

  test("a wrapper that no package brings, by what the line mentions", () => {
    const text =
      "FROM alpine\nRUN apk add iptables\nCOPY iptables-wrapper-installer.sh /\nRUN /iptables-wrapper-installer.sh --no-sanity-check\n";
    const wanted = { packages: [], paths: ["/usr/sbin/iptables-wrapper"], mentions: ["iptables-wrapper"] };
    expect(locateTool(text, wanted)).toMatchObject({ line: 4, kind: "install" });
  });

  test.each(["", "# nothing", "RUN apk add iptables", "\u0000\u0001"])("no FROM, no line: %j", (text) => {
    expect(locateTool(text, iptables)).toBeUndefined();
  });

  test("stages that copy from each other end", () => {
    const stage = (i: number) => `FROM scratch AS s${i}\nCOPY --from=s${i - 1} / /\nCOPY --from=s${i - 1} / /\n`;
    const text = Array.from({ length: 60 }, (_, i) => stage(i)).join("");
    expect(locateTool(text, iptables)?.kind).toBe("copy");
  });

  test("a huge file is not looked at", () => {
    expect(locateTool(`FROM a\n${"RUN b\n".repeat(200_000)}`, iptables)).toBeUndefined();
  });
});

describe("finding the Dockerfile", () => {
  const scratch = scratchFolder("find");
  let root: string;
  beforeEach(() => {
    root = scratch.folder();
  });
  const put = (path: string, text = "FROM a\n") => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  test("the one in the root wins", () => {
    put("Dockerfile", "FROM root\n");
    put("build/Dockerfile");
    expect(findDockerfile(root)).toEqual({ path: "Dockerfile", text: "FROM root\n" });
  });

  test("the only one at most two folders below; hidden and vendored ones don't count", () => {
    put("images/agent/Dockerfile");
    put(".github/x/Dockerfile");
    put("vendor/x/Dockerfile");
    put("a/b/c/Dockerfile");
    symlinkSync(root, join(root, "loop"));
    expect(findDockerfile(root)).toMatchObject({ path: "images/agent/Dockerfile" });
  });

  test("several are named, none is said", () => {
    expect(findDockerfile(root)).toEqual({ reason: "no Dockerfile was found" });
    put("a/Dockerfile");
    put("b/Dockerfile");
    expect(findDockerfile(root)).toEqual({
      reason: "2 Dockerfiles were found (a/Dockerfile, b/Dockerfile); name one in the input dockerfile",
    });
  });

  test("the input decides, and a wrong one is the user's mistake", () => {
    put("Dockerfile");
    put("build/Dockerfile.agent", "FROM agent\n");
    expect(findDockerfile(root, "./build/Dockerfile.agent")).toEqual({
      path: "build/Dockerfile.agent",
      text: "FROM agent\n",
    });
    expect(() => findDockerfile(root, "nope")).toThrow(/^input dockerfile: nope: there is no such file$/);
    expect(() => findDockerfile(root, "../x")).toThrow(/outside of the repository/);
    expect(() => findDockerfile(root, "/etc/passwd")).toThrow(/outside of the repository/);
  });

  const hostile: [string, () => void, string][] = [
    ["a link", () => symlinkSync("/etc/passwd", join(root, "Dockerfile")), "links are not followed"],
    ["a link to nowhere", () => symlinkSync("/nowhere", join(root, "Dockerfile")), "links are not followed"],
    ["a pipe", () => execFileSync("mkfifo", [join(root, "Dockerfile")], { timeout: 10_000 }), "not a file"],
    ["too large", () => put("Dockerfile", "#".repeat(70_000)), "70000 bytes are more than a Dockerfile has"],
  ];
  test.each(hostile)("%s costs the annotations' lines, and named it is a mistake", (_, make, reason) => {
    make();
    expect(findDockerfile(root)).toEqual({ reason: expect.stringContaining(reason) });
    expect(() => findDockerfile(root, "Dockerfile")).toThrow(reason);
    expect(() => findDockerfile(root, "Dockerfile")).toThrow(/^input dockerfile: Dockerfile: /);
  });

  test("a folder of that name holds others", () => {
    put("Dockerfile/Dockerfile");
    expect(findDockerfile(root)).toMatchObject({ path: "Dockerfile/Dockerfile" });
    expect(() => findDockerfile(root, "Dockerfile")).toThrow("input dockerfile: Dockerfile: a folder, not a file");
  });

  test("a folder that is a link is not entered", () => {
    put("real/x/Dockerfile");
    symlinkSync(join(root, "real"), join(root, "alias"));
    expect(findDockerfile(root)).toMatchObject({ path: "real/x/Dockerfile" });
  });
});
