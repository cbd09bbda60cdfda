import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { openSuite } from "../support/debian-packages.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { makePlatform } from "../support/tree.ts";

/** A packer leaves nothing of a program to read: that it is there, and that nothing is known of it, is all there is to say. */

const scratch = scratchFolder("packed").path;
const WHAT = "tools packed by UPX";

/** Debian 11 is the last release whose UPX runs with the C++ library of any later one. */
function packTool(): { packed: Buffer; plain: Buffer } | string {
  if (process.arch !== "x64") return `UPX is taken for amd64, not ${process.arch}`;
  const suite = openSuite(join(scratch, "suite"), "bullseye", ["amd64"]);
  if (typeof suite === "string") return suite;
  const packages = suite.unpack("amd64", ["upx-ucl", "libucl1", "iptables"]);
  if (typeof packages === "string") return packages;
  const [upx = "", library = "", iptables = ""] = ["upx-ucl", "libucl1", "iptables"].map((name) => packages.get(name));
  const plain = join(iptables, "usr/sbin/xtables-nft-multi");
  const packed = join(scratch, "packed");
  const run = spawnSync(join(upx, "usr/bin/upx-ucl"), ["-1", "-q", "-o", packed, plain], {
    encoding: "utf8",
    env: { LD_LIBRARY_PATH: join(library, "usr/lib/x86_64-linux-gnu") },
    timeout: 60_000,
  });
  if (run.status !== 0) return `upx-ucl: ${run.stderr.trim().split("\n").at(-1)}`;
  return { packed: readFileSync(packed), plain: readFileSync(plain) };
}

test("an iptables packed by UPX is a tool of unknown version and backend", { timeout: 300_000 }, (context) => {
  const made = packTool();
  if (typeof made === "string") skipTest(context, WHAT, made);
  const inspect = (bytes: Buffer) =>
    inspectToolchain(
      makePlatform({
        "/usr/sbin/xtables-nft-multi": bytes,
        "/usr/sbin/iptables": "-> xtables-nft-multi",
        "/usr/sbin/nft": bytes,
      }),
      { programs: [], variables: [] },
    );
  expect(inspect(made.plain).tools).toMatchObject([{ name: "iptables", version: "1.8.7", backend: "nft" }, {}]);
  const { tools, defaults, missing } = inspect(made.packed);
  expect(tools.map(({ name, version, backend }) => ({ name, version, backend }))).toEqual([
    { name: "iptables", version: null, backend: undefined },
    { name: "nft", version: null, backend: undefined },
  ]);
  expect(defaults.iptables?.backend).toBe("unknown");
  expect(missing).toEqual(
    expect.arrayContaining([
      { fact: "version of /usr/sbin/xtables-nft-multi", reason: "packed by UPX" },
      { fact: "backend of /usr/sbin/xtables-nft-multi", reason: "packed by UPX" },
      { fact: "version of /usr/sbin/nft", reason: "packed by UPX" },
    ]),
  );
});
