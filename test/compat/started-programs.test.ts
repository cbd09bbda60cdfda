import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import type { ImageConfig } from "../../src/model/image.ts";
import { contextOf } from "../../src/settings.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { buildHost, buildInput, buildProgram, type HostSpec, kubelet } from "../support/cells.ts";
import { buildElf } from "../support/elf-builder.ts";
import { goProgram, staticXtablesMulti } from "../support/netfilter-binaries.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** A known program that is in an image and that its entrypoint does not start by itself. */

const go = (path: string, module: string) => goProgram({ path, module, dependencies: [] });
const FILES: Listing = {
  "/bin/sh": buildElf({ strings: ["sh"] }),
  "/sbin/tini": buildElf({ strings: ["tini"] }),
  "/usr/bin/python3": buildElf({ strings: ["python"] }),
  "/usr/bin/runsvdir": buildElf({ strings: ["runsvdir"] }),
  "/usr/sbin/xtables-nft-multi": staticXtablesMulti("1.8.11", "nft"),
  "/usr/sbin/iptables": "-> xtables-nft-multi",
  "/usr/local/bin/kube-router": go(
    "github.com/cloudnativelabs/kube-router/v2",
    "github.com/cloudnativelabs/kube-router/v2",
  ),
  "/agent": go("example.org/team/agent/cmd/agent", "example.org/team/agent"),
  "/agent.c": buildElf({ strings: ["agent"] }),
  "/sibling": go("github.com/cloudnativelabs/supervisor", "github.com/cloudnativelabs/supervisor"),
  "/run.sh": "#!/bin/sh\nexec /agent\n",
};

function look(config: Partial<ImageConfig>, listing: Listing = FILES) {
  return inspectToolchain(makePlatform(listing, config), { programs: [...programProfiles], variables: [] });
}

/** Names of the program, and of the one that it may start. */
function programs(...entrypoint: string[]): (string | undefined)[] {
  const { program, otherProgram } = look({ entrypoint });
  return [program?.name, otherProgram?.name];
}

test.each([
  [["/agent"], "agent"],
  [["/sbin/tini", "--", "/agent", "serve"], "agent"],
  [["env", "A=1", "/agent.c"], "agent.c"],
  [["sh", "-c", "exec /agent"], "agent"],
])("%j starts another program", (entrypoint, name) => {
  expect(programs(...entrypoint)).toEqual([name, "kube-router"]);
});

test.each([
  [[]],
  [["/usr/local/bin/kube-router"]],
  [["/agent", "/usr/local/bin/kube-router", "--run-router"]],
  [["/agent", "--exec=kube-router"]],
  [["sh", "-c", "kube-router & exec /agent"]],
  [["/run.sh"]],
  [["/usr/bin/python3", "/app.py"]],
  [["/usr/bin/runsvdir", "-P", "/etc/service"]],
  [["/sibling"]],
  [["/nowhere"]],
])("%j may start the known program, or says nothing", (entrypoint) => {
  expect(programs(...entrypoint)).toEqual(["kube-router", undefined]);
});

describe("what cannot be of both is open", () => {
  function say(entrypoint: string[], host: HostSpec, config: Parameters<typeof contextOf>[0] = {}): string[] {
    const toolchain = look({ entrypoint });
    const image = contextOf(config, "image", toolchain);
    const hosts = [{ host: buildHost(host), programs: [buildProgram(kubelet)] }];
    const [cell] = evaluatePlatform({ ...buildInput({ image: {} }), toolchain, image, hosts });
    if (cell === undefined) throw new Error("one host gives one cell");
    const said = cell.findings.filter(({ severity }) => severity !== "notice");
    return [
      ...said.map(({ severity, rule }) => `${severity} ${rule}`),
      ...new Set(cell.missing.map(({ fact }) => fact)),
    ];
  }
  const open = "whether /agent, which the entrypoint starts, starts kube-router (/usr/local/bin/kube-router)";

  test("kube-router runs ipset, which is not in the image", () => {
    expect(say(["/usr/local/bin/kube-router"], {})).toContain("error missing-binary");
    expect(say(["/agent"], {})).toEqual([open]);
  });
  test("the config says which it is", () => {
    const images = [{ match: "*", program: "kube-router" }];
    expect(say(["/agent"], {}, { images })).toContain("error missing-binary");
  });
  test("what holds of both is said", () => {
    const host: HostSpec = { modules: { absent: ["nf_tables"] } };
    expect(say(["/agent"], host)).toContain("error nft-kernel-missing");
  });
});
