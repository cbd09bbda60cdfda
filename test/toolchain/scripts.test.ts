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

test.each(wrappers.hostExec)("$line leaves the container", ({ line }) => {
  expect(read(`#!/bin/sh\n${line}\n`)?.hostExec).toBe(line);
  expect(read(`#!/bin/sh\n# ${line}\n`)?.hostExec).toBeUndefined();
  expect(read(`#!/bin/sh\n${line.replace(" ", "\n")}`)?.hostExec).toBeUndefined();
});

test.each([
  ["-t 1 -n iptables -m comment", false],
  ["--net=/proc/1/ns/net -- iptables --match mark", false],
  ["--target 1 --net iptables -a", false],
  ["-t $PID -n -- iptables", false],
  ["-t 1 -m iptables", true],
  ["-mnt 1 iptables", true],
  ["-t 1 --mount --net iptables", true],
  ["--all --target=1 iptables", true],
  ["-r/host iptables", true],
])("nsenter %s runs the files of the host: %s", (words, leaves) => {
  expect(read(`#!/bin/sh\nexec nsenter ${words} "$@"\n`)?.hostExec !== undefined).toBe(leaves);
});

test.each([
  ['exec chroot /host iptables "$@"', undefined],
  ['[ -d /host ] && chroot /host iptables "$@"', undefined],
  ['exec >/dev/null 2>&1\nexec chroot /host iptables "$@"', undefined],
  ['echo "iptables of the host"\nexec chroot /host iptables "$@"', undefined],
  ['exec chroot /host iptables "$@"\nexec /usr/sbin/iptables-legacy "$@"', 'exec /usr/sbin/iptables-legacy "$@"'],
  ['if [ -d /host ]; then chroot /host iptables "$@"\nelse iptables-nft "$@"\nfi', 'else iptables-nft "$@"'],
  ['chroot /host iptables "$@" || exit 1\nexec "$REAL" "$@"', 'exec "$REAL" "$@"'],
  ["chroot /host true\nchroot /other iptables", "chroot /other iptables"],
])("%s stays in the container with %s", (text, stays) => {
  expect(read(`#!/bin/sh\n${text}\n`)).toMatchObject({ hostExec: expect.any(String) });
  expect(read(`#!/bin/sh\n${text}\n`)?.stays).toBe(stays);
});

test("the interpreter is what the kernel reads, a carriage return too", () => {
  expect(read("#! /bin/sh -e \n")?.interpreter).toBe("/bin/sh -e");
  expect(read("#!/bin/sh\r\n")?.interpreter).toBe("/bin/sh\r");
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
