import { expect, test } from "vitest";
import { assembleReport } from "../../src/compat/assemble.ts";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { resolveSettings, unusedImageEntries } from "../../src/settings.ts";
import { scratchFolder } from "../support/scratch.ts";

const scratch = scratchFolder("ignore-place");

const config = `hosts: [debian-12]
ignore:
  # tracked in #12
  - rule: mixed-backends
    host: "talos-*"
    until: 2999-01-01
    reason: later
  - {rule: buggy-version, until: 2020-01-01, reason: soon}
`;

test("what is said of an ignore entry that ended or matches nothing names its line", () => {
  scratch.write("c.yml", Buffer.from(config));
  const { policy } = resolveSettings({ folder: scratch.path, configFile: "c.yml", today: "2026-11-23" });
  const { notes } = assembleReport([], policy, { name: "netfilter-compat", version: "0" }, []);
  expect(notes).toEqual([
    "c.yml:4: ignore entry for mixed-backends on talos-* matches nothing: remove it",
    "c.yml:8: ignore entry for buggy-version expired on 2020-01-01: it no longer applies",
  ]);
});

test("a host that an ignore names by its title, or with a slip, is told by its id", () => {
  const ignore = (host: string) => `  - {host: ${host}, until: 2999-01-01, reason: later}\n`;
  const hosts = ["RHEL 8 family", "debain-12", "debian-12", "debian-*", "talos-*"];
  scratch.write("t.yml", Buffer.from(`hosts: [rhel-8, debian-12]\nignore:\n${hosts.map(ignore).join("")}`));
  const settings = resolveSettings({ folder: scratch.path, configFile: "t.yml", today: "2026-11-23" });
  const cells = settings.hosts.map((host) => ({ ...host, all: [], findings: [], missing: [] }));
  const platform = { platform: "linux/amd64", toolchain: {} as Toolchain, cells, unjudged: [] };
  const image = { reference: "kilo", digest: "", platforms: [platform] };
  const { notes } = assembleReport([image], settings.policy, { name: "netfilter-compat", version: "0" }, []);
  expect(notes.map((note) => note.split(" on ")[1])).toEqual([
    "RHEL 8 family matches nothing: the id of that host is rhel-8",
    "debain-12 matches nothing: did you mean debian-12?",
    "debian-12 matches nothing: remove it",
    "debian-* matches nothing: remove it",
    "talos-* matches nothing: remove it",
  ]);
});

test("so does what is said of an images entry that fits no image", () => {
  const images = 'images:\n  - {match: "*kilo*", network: host}\n\n  - match: "*calcio*"\n    program: calico\n';
  scratch.write("i.yml", Buffer.from(`hosts: [debian-12]\n${images}`));
  const settings = resolveSettings({ folder: scratch.path, configFile: "i.yml", today: "2026-11-23" });
  expect(unusedImageEntries(settings, ["kilo:1"])).toEqual([
    'i.yml:5: images entry "*calcio*" fits none of the checked images',
  ]);
  expect(unusedImageEntries(settings, ["kilo:1", "calcio"])).toEqual([]);
});

test("so does what is said of hosts that the run's own selection beats; own hosts are there to be named", () => {
  scratch.write("h.yml", Buffer.from("hosts:\n  - {id: edge, extends: debian-12}\n  - talos-*\n"));
  scratch.write("o.yml", Buffer.from("hosts:\n  - {id: edge, extends: debian-12}\n"));
  const notes = (configFile: string, hosts?: string[]) =>
    resolveSettings({ folder: scratch.path, configFile, today: "2026-11-23", ...(hosts && { hosts }) }).notes;
  expect(notes("h.yml", ["edge"])).toEqual(["h.yml:3: hosts of the file are not used: the run names its own"]);
  expect(notes("h.yml")).toEqual([]);
  expect(notes("o.yml", ["edge"])).toEqual([]);
});
