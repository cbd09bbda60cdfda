import { describe, expect, test } from "vitest";
import { compareVersions } from "../../src/model/version.ts";
import { copyAs, type Form, forms, imageFromRoot } from "../support/builders.ts";
import type { Root } from "../support/roots.ts";
import {
  askProgram,
  commands,
  librariesOnDisk,
  linkChain,
  linkedCommands,
  recordedVersion,
  toolAt,
} from "./on-disk.ts";
import { createWorkshop, inspectOne, needRoot } from "./workshop.ts";

const workshop = createWorkshop();

/** Each suite in another form, bookworm in all of them. */
const suites: { suite: string; form: Form }[] = [
  { suite: "bullseye", form: "oci-zstd" },
  { suite: "bookworm", form: "docker-archive" },
  { suite: "trixie", form: "oci-plain" },
  { suite: "sid", form: "oci-archive" },
];

async function imageAs(root: Root, form: Form): Promise<string> {
  return copyAs(workshop, await imageFromRoot(workshop, root), form, root.suite);
}

describe.each(suites)("an image of Debian $suite as $form", ({ suite, form }) => {
  test("tells the versions that dpkg recorded and the programs print", async (context) => {
    const root = await needRoot(context, suite);
    const toolchain = await inspectOne(await imageAs(root, form));
    for (const { command, ask, package: name } of commands) {
      const tool = toolAt(toolchain, root.folder, command);
      const printed = askProgram(root.folder, command, ask);
      expect.soft(tool.version, command).toBe(recordedVersion(root.folder, name));
      expect.soft(tool.version, command).toBe(printed.version);
      expect.soft(tool.byteVersion, command).toBe(printed.version);
      expect.soft(tool.package?.name, command).toBe(name);
      if (printed.backend) expect.soft(tool.backend, command).toBe(printed.backend);
    }
    expect(toolchain.missing).toEqual([]);
  });

  test("tells the links and backends that are on disk", async (context) => {
    const root = await needRoot(context, suite);
    const { defaults, selector } = await inspectOne(await imageAs(root, form));
    for (const command of linkedCommands) {
      const printed = askProgram(root.folder, command, "-V");
      expect.soft(defaults[command]?.backend, command).toBe(printed.backend);
      expect.soft(defaults[command]?.via, command).toEqual(linkChain(root.folder, `/usr/sbin/${command}`));
    }
    expect(selector).toMatchObject({ kind: "alternatives", effective: true });
  });

  test("tells the libraries that are on disk", async (context) => {
    const root = await needRoot(context, suite);
    const { libraries } = await inspectOne(await imageAs(root, form));
    const onDisk = librariesOnDisk(root.folder);
    expect(onDisk.size).toBe(7);
    for (const [name, soVersion] of onDisk)
      expect.soft(libraries.find((library) => library.name === name)?.soVersion, name).toBe(soVersion);
  });

  test("tells the same from the bytes alone when the package records are gone", async (context) => {
    const root = await needRoot(context, suite);
    const image = await imageFromRoot(workshop, root, { whiteouts: ["/var/lib/dpkg"] });
    const toolchain = await inspectOne(await copyAs(workshop, image, form, `${suite}-bare`));
    const { tools, libraries } = toolchain;
    expect(tools.filter((tool) => tool.package)).toEqual([]);
    for (const { command, ask } of commands) {
      const { version } = toolAt(toolchain, root.folder, command);
      expect.soft(version, command).toBe(askProgram(root.folder, command, ask).version);
    }
    for (const [name, packageName] of Object.entries({ libnftnl: "libnftnl11", libxtables: "libxtables12" })) {
      const [min, max] = libraries.find((library) => library.name === name)?.versions ?? [];
      const version = recordedVersion(root.folder, packageName);
      expect.soft(compareVersions(min ?? "0", version), `${name} ${min}`).toBeLessThanOrEqual(0);
      expect.soft(compareVersions(max ?? "999", version), `${name} ${max}`).toBeGreaterThanOrEqual(0);
    }
  });
});

test("the form of an image changes nothing of what is told", async (context) => {
  const root = await needRoot(context, "bookworm");
  const image = await imageFromRoot(workshop, root);
  const told: [Form, string][] = [];
  for (const form of forms) {
    const toolchain = await inspectOne(await copyAs(workshop, image, form));
    // A layer is named by the digest of its stored bytes, which is what differs.
    told.push([form, JSON.stringify(toolchain, null, 1).replace(/sha256:[0-9a-f]{64}/g, "sha256:...")]);
  }
  const [, first] = told[0] as [Form, string];
  for (const [form, text] of told) expect.soft(text, form).toBe(first);
});
