import { describe, expect, test } from "vitest";
import { evaluatePlatform, type PlatformInput, type RawCell } from "../../src/compat/engine.ts";
import { catalogue, toHost } from "../../src/hosts/catalogue.ts";
import { findKernels } from "../../src/hosts/kernels.ts";
import { defaultPrograms, findProfile, profileOfVersion } from "../../src/hosts/programs.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import { inspectImages } from "../../src/inspect.ts";
import { distributions } from "../../src/knowledge/distributions/index.ts";
import type { Host } from "../../src/model/host.ts";
import { boundaryConstructs } from "../../src/model/program.ts";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { contextOf } from "../../src/settings.ts";
import { expectGolden } from "../support/golden.ts";
import { buildContext, buildToolchain } from "./build.ts";
import exceptions from "./fixtures/good.json" with { type: "json" };
import wellKnown from "./fixtures/well-known-images.json" with { type: "json" };
import type { ImageFacts } from "./incident.ts";

/** An Action that cries wolf is taken out again: what is good must come out without errors. */

const programs = defaultPrograms();
const allowed = exceptions.exceptions as { host: string; rule: string; reason: string }[];
const hosts = catalogue.hosts
  .filter((row) => row.maintained)
  .flatMap((row) => findKernels(row, "*").map((kernel) => toHost(row, kernel)));

/** A program that does everything a network plugin does: nothing is spared because too little is known of it. */
const busy = {
  writes: [...boundaryConstructs],
  operations: ["append", "list-own-chain", "list", "check", "delete", "save-restore"] as const,
  ipset: { creates: ["hash:ip", "hash:net", "hash:ip,port"], listsAll: true },
  changesRules: true,
};
const program = { program: "plugin", does: { ...busy, operations: [...busy.operations] } };

/** The current tools of the host's distribution, or the host's own where the distribution has no table of packages. */
function currentTools(host: Host): { iptables: string | undefined; ipset: string | undefined } {
  const releases = distributions.find(({ id }) => id === host.distribution)?.releases ?? [];
  const release =
    releases.find((one) => one.release === host.release) ?? releases.find((one) => one.release === `${host.release}.0`);
  return {
    iptables: release?.packages.iptables?.version ?? host.iptables.version?.value,
    ipset: release?.packages.ipset?.version ?? host.ipset.version?.value,
  };
}

function evaluate(image: ImageFacts, host: Host): RawCell {
  const input: PlatformInput = {
    toolchain: { ...buildToolchain({ ...image, architecture: architectureOf(host) }), modprobe: false },
    image: buildContext(image),
    hosts: [{ host, programs }],
  };
  return evaluatePlatform(input)[0]!;
}

function architectureOf({ kernel }: Host): string {
  return kernel.architectures?.value[0] ?? "amd64";
}

function errorsOf(cell: RawCell): string[] {
  return [...new Set(cell.findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule))];
}

/** Rules that speak as loudly of the same program with the tools of the node's own kubelet or kube-proxy. */
function alreadyThere(host: Host): Set<string> {
  const backend = host.iptables.backend?.value ?? "nft";
  const own = host.iptables.version?.value;
  const kubelet: ImageFacts[] = own === undefined ? [] : [{ [backend]: own, default: backend, ...program }];
  const kubeProxies = programs.flatMap(({ iptables, ipset }): ImageFacts[] =>
    iptables === null ? [] : [wrapped(iptables, ipset ?? undefined)],
  );
  return new Set([...kubelet, ...kubeProxies].flatMap((image) => errorsOf(evaluate(image, host))));
}

function wrapped(iptables: string, ipset: string | undefined): ImageFacts {
  return {
    nft: iptables,
    legacy: iptables,
    default: "wrapper",
    wrapper: { version: "v2", effective: true },
    ...(ipset === undefined ? {} : { ipset }),
    ...program,
  };
}

describe("images with the tools of the host's distribution, both backends and an iptables-wrapper", () => {
  test("have no error on any maintained host that the node's own programs don't have", () => {
    const unexpected: string[] = [];
    const met = new Set<string>();
    const sharedLines: string[] = [];
    const counts = { judged: 0, clean: 0, shared: 0, unknown: 0, without: 0 };
    for (const host of hosts) {
      const { iptables, ipset } = currentTools(host);
      if (iptables === undefined) {
        counts.without++;
        continue;
      }
      counts.judged++;
      const cell = evaluate(wrapped(iptables, ipset), host);
      if (cell.missing.length > 0) counts.unknown++;
      const errors = errorsOf(cell);
      if (errors.length === 0) counts.clean++;
      const there = alreadyThere(host);
      const own = errors.filter((rule) => !there.has(rule));
      const shared = errors.filter((rule) => there.has(rule));
      if (shared.length > 0) counts.shared++;
      if (shared.length > 0) sharedLines.push(`- ${host.id}, iptables ${iptables}: ${shared.join(", ")}`);
      for (const rule of own) {
        const exception = allowed.find((one) => one.host === host.id && one.rule === rule);
        if (exception === undefined)
          unexpected.push(
            `${host.id}: ${rule} with iptables ${iptables}, ipset ${ipset}: ${cell.findings.find((finding) => finding.rule === rule && finding.severity === "error")?.message}`,
          );
        else met.add(`${host.id} ${rule}`);
      }
    }
    console.log(
      `${counts.judged} hosts: ${counts.clean} without an error, ${counts.shared} with errors that the node's own programs have too, ` +
        `${met.size} exceptions, ${counts.unknown} with facts missing; ${counts.without} hosts whose iptables is not known are left out`,
    );
    expect(unexpected).toEqual([]);
    const head = "# Errors of the distribution's own tools that the node's kubelet or kube-proxy has too\n";
    expectGolden(new URL("./golden/shared-errors.md", import.meta.url), `${head}\n${sharedLines.join("\n")}\n`);
    // An exception that is no longer needed hides the next mistake.
    expect(allowed.map(({ host, rule }) => `${host} ${rule}`).filter((one) => !met.has(one))).toEqual([]);
    expect(counts.judged).toBeGreaterThan(70);
  });
});

test("the same comparison does speak of a bad image", () => {
  const host = hosts.find(({ id }) => id === "debian-12")!;
  const old = evaluate(wrapped("1.8.4", "7.6"), host);
  const there = alreadyThere(host);
  expect(errorsOf(old).filter((rule) => !there.has(rule))).toEqual(["silent-match-loss", "buggy-version"]);
});

interface WellKnown {
  name: string;
  program: string | null;
  version: string | null;
  facts: ImageFacts;
}

/** Findings of an image on the default hosts, one line each: severity, rule, hosts, message. */
function lines(toolchain: Toolchain, image: PlatformInput["image"]): string[] {
  const cells = evaluatePlatform({
    toolchain,
    image,
    hosts: selectHosts(["default"]).hosts.map((host) => ({ host, programs })),
  });
  const all = cells.flatMap((cell) => [
    ...cell.findings.map((finding) => ({
      host: cell.host.id,
      text: `${finding.severity} ${finding.rule}`,
      message: finding.message,
    })),
    ...cell.missing.map(({ rule, fact }) => ({ host: cell.host.id, text: `unknown ${rule}`, message: fact })),
  ]);
  const groups = Map.groupBy(all, ({ text, message }) => `${text}: ${message}`);
  const order = ["error", "unknown", "warning", "notice"];
  const told = [...groups].map(([text, items]) => ({ text, hosts: items.map(({ host }) => host) }));
  told.sort((a, b) => order.indexOf(a.text.split(" ")[0]!) - order.indexOf(b.text.split(" ")[0]!));
  const named = (ids: string[]) => (ids.length === cells.length ? "all hosts" : ids.join(", "));
  return told.length === 0 ? ["- nothing"] : told.map(({ text, hosts: ids }) => `- ${text}\n  on ${named(ids)}`);
}

test("what well-known images get on the default hosts, for a person to read", async () => {
  const parts: string[] = [];
  for (const [title, file] of [
    ["kilo 0.7.0", "kilo-0.7.0"],
    ["kilo, repaired", "kilo-fixed"],
  ] as const) {
    const inspection = await inspectImages([new URL(`../../examples/${file}.tar`, import.meta.url).pathname], {
      platforms: ["linux/amd64"],
    });
    const { toolchain } = inspection.images[0]!.platforms[0]!;
    parts.push(`## ${title} (examples/${file}.tar)\n\n${lines(toolchain, contextOf({}, title, toolchain)).join("\n")}`);
  }
  for (const { name, program: id, version, facts } of wellKnown.images as WellKnown[]) {
    const profile = id === null ? undefined : findProfile(id);
    if (id !== null && profile === undefined) throw new Error(`no profile ${id}`);
    const image = {
      ...buildContext(facts),
      ...(profile === undefined ? {} : { profile: profileOfVersion(profile, version) }),
    };
    parts.push(`## ${name}\n\n${lines(buildToolchain(facts), image).join("\n")}`);
  }
  const head =
    "# Well-known images on the default hosts\n\nProgram on every node: " +
    programs.map(({ id }) => id).join(", ") +
    ".";
  expectGolden(new URL("./golden/well-known-images.md", import.meta.url), `${[head, ...parts].join("\n\n")}\n`);
}, 60_000);
