import { expect, test } from "vitest";
import wrappers from "../../src/knowledge/wrappers.json" with { type: "json" };
import { readScript } from "../../src/toolchain/scripts.ts";
import { createRandom } from "../support/layer-stacks.ts";

const read = (text: string) => readScript(Buffer.from(text, "latin1"), false);

test.each(wrappers.scripts)("the texts of $version alone make a script that wrapper", ({ version, all }) => {
  expect(read(`#!/bin/sh\n${all.join("\n")}`)?.wrapper).toMatchObject({ version });
});

test("a script with a wrapper's texts that writes the wrapper is none", () => {
  for (const { all } of wrappers.scripts)
    expect(read(`#!/bin/sh\n${[...all, ...wrappers.installer.all].join("\n")}`)?.wrapper).toBeUndefined();
});

test.each(wrappers.hostExec)("a line that begins with $says leaves the container", ({ says }) => {
  expect(read(`#!/bin/sh\n${says} /host\n`)?.hostExec).toBe(`${says} /host`);
  expect(read(`#!/bin/sh\n# ${says} /host\n`)?.hostExec).toBeUndefined();
  expect(read(`#!/bin/sh\n${says}\n/host`)?.hostExec).toBeUndefined();
});

const LINES = [
  "",
  "\r",
  "exec",
  "exec /bin/a",
  "  exec -a name b; exec c",
  "# exec nothing",
  "PATH=/opt/bin:$PATH",
  "\texport PATH=/late",
  "PATH=/one command",
  "chroot",
  "chroot /host iptables",
  "  exec nsenter -t 1 -m ip\r",
  "echo execute PATH",
  "schroot x",
];

test("what a script is told to do is what each of its lines alone is told to do", () => {
  const random = createRandom(7);
  for (let run = 0; run < 2_000; run++) {
    const lines = Array.from(
      { length: 1 + Math.floor(random() * 8) },
      () => LINES[Math.floor(random() * LINES.length)],
    );
    const whole = read(`#!/bin/sh\n${lines.join("\n")}${random() < 0.5 ? "\n" : ""}`);
    const each = lines.map((line) => read(`#!/bin/sh\n${line}`));
    const told = {
      starts: each.flatMap((one) => one?.starts ?? []),
      paths: each.flatMap((one) => one?.paths ?? []),
      hostExec: each.find((one) => one?.hostExec !== undefined)?.hostExec,
    };
    expect({ starts: whole?.starts, paths: whole?.paths ?? [], hostExec: whole?.hostExec }).toEqual(told);
  }
});
