import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { addImage, buildLayer, type Files, finishLayout } from "../support/image-writer.ts";
import { ipset, libipset, xtablesMulti } from "../support/netfilter-binaries.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Whole images, read by a process of its own, so that its memory can be told. */

const scratch = scratchFolder("hostile-image");
const MIB = 2 ** 20;

function inspect(layout: string): { toolchain: Toolchain; memory: number; cpu: number } {
  const script = join(import.meta.dirname, "../support/inspect-measured.ts");
  const output = execFileSync(process.execPath, [script, `oci:${layout}`], {
    encoding: "utf8",
    timeout: 300_000,
    maxBuffer: 64 * MIB,
  });
  return JSON.parse(output);
}

function writeImage(name: string, tars: Buffer[]): string {
  const files: Files = new Map();
  finishLayout(files, [
    addImage(
      files,
      tars.map((tar) => buildLayer(tar, "zstd")),
    ),
  ]);
  return scratch.write(name, files);
}

/** A file of 10 GB that is a hole but for its beginning. */
function writeSparse(path: string, beginning: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w", 0o755);
  writeSync(file, beginning);
  ftruncateSync(file, 10 * 1024 * MIB);
  closeSync(file);
}

function writeFiles(root: string, files: Record<string, Buffer>): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes, { mode: 0o755 });
  }
}

const healthy = {
  "usr/sbin/xtables-legacy-multi": xtablesMulti("1.8.9", "legacy"),
  "usr/sbin/ipset": ipset(),
  "usr/lib/libipset.so.13": libipset("7.17"),
  "lib64/libc.so.6": Buffer.from("x"),
};

function pack(root: string): Buffer {
  return execFileSync("tar", ["--sparse", "--format=posix", "-c", "-C", root, "."], {
    maxBuffer: 400 * MIB,
    timeout: 120_000,
  });
}

test.each(["posix", "gnu"])("files of 10 GB that GNU tar packed as holes (%s)", { timeout: 300_000 }, (format) => {
  const root = join(scratch.path, `sparse-${format}`);
  writeFiles(root, healthy);
  writeSparse(join(root, "usr/sbin/xtables-nft-multi"), xtablesMulti("1.8.9", "nft"));
  writeSparse(join(root, "usr/sbin/nft"), Buffer.from("#!/bin/sh\n"));
  writeSparse(join(root, "usr/bin/agent"), Buffer.alloc(0));
  writeSparse(join(root, "var/lib/dpkg/status"), Buffer.from("Package: x\n"));
  const tar = execFileSync("tar", ["--sparse", `--format=${format}`, "-c", "-C", root, "."], {
    maxBuffer: 400 * MIB,
    timeout: 120_000,
  });
  const { toolchain, memory, cpu } = inspect(writeImage(`image-${format}`, [tar]));
  const told = toolchain.tools.map(({ name, version, backend = "" }) => `${name} ${version} ${backend}`.trim());
  expect(told).toContain("iptables 1.8.9 legacy");
  expect(told).toContain("ipset 7.17");
  const reasons = toolchain.missing.map(({ fact, reason }) => `${fact}: ${reason}`);
  expect(reasons).toContain("version of /usr/sbin/xtables-nft-multi: it is larger than 8 MiB");
  expect(reasons).toContain(
    "what /usr/sbin/nft does: /usr/sbin/nft is an unknown script, of which only the beginning was read",
  );
  expect(reasons.join("\n")).toMatch(/packages of \/var\/lib\/dpkg\/status: .*it is larger than 32 MiB/);
  expect(toolchain.defaults.nft?.backend).toBe("unknown");
  expect(memory).toBeLessThan(400);
  expect(cpu).toBeLessThan(60);
});

test("a shell script of 200 MB at the name iptables", { timeout: 300_000 }, () => {
  const root = join(scratch.path, "script");
  const line = "exec /usr/sbin/nothing --of-interest\n".repeat(1000);
  const script = Buffer.alloc(200 * MIB, `${line}`);
  script.write("#!/bin/sh\n");
  writeFiles(root, { ...healthy, "usr/sbin/iptables": script });
  const { toolchain, memory, cpu } = inspect(writeImage("script-image", [pack(root)]));
  expect(toolchain.defaults.iptables).toMatchObject({ backend: "unknown", via: ["/usr/sbin/iptables"] });
  expect(toolchain.missing).toContainEqual({
    fact: "what /usr/sbin/iptables does",
    reason: "/usr/sbin/iptables is an unknown script, of which only the beginning was read",
  });
  expect(toolchain.tools.map(({ name, version }) => `${name} ${version}`)).toContain("ipset 7.17");
  expect(memory).toBeLessThan(250);
  expect(cpu).toBeLessThan(30);
});
