import { describe, expect, test, vi } from "vitest";
import defectsJson from "../../src/knowledge/defects.json" with { type: "json" };
import encodingsJson from "../../src/knowledge/encodings.json" with { type: "json" };
import ipsetJson from "../../src/knowledge/ipset.json" with { type: "json" };
import userdataJson from "../../src/knowledge/nft-userdata.json" with { type: "json" };
import requirementsJson from "../../src/knowledge/requirements.json" with { type: "json" };
import extensionsJson from "../../src/knowledge/xt-extensions.json" with { type: "json" };
import { kernelSeries } from "../../src/model/version.ts";
import revisions from "./fixtures/ipset.json" with { type: "json" };
import { agrees, incidents } from "./incident-replay.ts";
import { cannotRead, observations, predict, setReads } from "./kernels.ts";
import { encodings, missedCell } from "./lab.ts";
import { type Knowledge, type Mutant, mutantsOf } from "./mutants.ts";
import { holds, ruleCases } from "./rule-cases.ts";

/**
 * Nothing in the knowledge is there for show: without any one entry, some measured cell, incident, kernel's answer or rule's
 * case is not predicted any more.
 */

describe("encodings: without one entry, or one effect of it, a measured cell is not predicted", () => {
  test.each([
    ["iptables writers", encodings.encodings],
    ["nft writers", encodings.nativeNft],
  ] as const)("%s", (_, section) => {
    const needless: string[] = [];
    for (const entry of section) {
      const rest = section.filter((one) => one !== entry);
      if (missedCell(rest, entry, entry.effects) === undefined) needless.push(entry.id);
      for (const effect of entry.effects) {
        const less = { ...entry, effects: entry.effects.filter((one) => one !== effect) };
        const changed = section.map((one) => (one === entry ? less : one));
        if (missedCell(changed, entry, [effect]) === undefined) needless.push(`${entry.id}: ${JSON.stringify(effect)}`);
      }
    }
    console.log(`${section.length} entries with ${section.flatMap(({ effects }) => effects).length} effects left out`);
    expect(needless).toEqual([]);
  });
});

/** The engine as it is, or as it would be without an entry: modules of its own, so that nothing remembers the whole. */
async function engineWithout(mutant?: Mutant) {
  vi.resetModules();
  const knowledge = {
    defects: (await import("../../src/knowledge/defects.json")).default,
    encodings: (await import("../../src/knowledge/encodings.json")).default,
    ipset: (await import("../../src/knowledge/ipset.json")).default,
    userdata: (await import("../../src/knowledge/nft-userdata.json")).default,
    requirements: (await import("../../src/knowledge/requirements.json")).default,
    extensions: (await import("../../src/knowledge/xt-extensions.json")).default,
  } as unknown as Knowledge;
  mutant?.remove(knowledge);
  const { evaluatePlatform } = await import("../../src/compat/engine.ts");
  const { kernelRevisions, toolRevisions } = await import("../../src/compat/ipset.ts");
  return { evaluatePlatform, kernelRevisions, toolRevisions };
}

type Engine = Awaited<ReturnType<typeof engineWithout>>;

/** Revisions that were measured or read in the sources, and that the knowledge does not give. */
function wrongRevisions({ kernelRevisions, toolRevisions }: Engine): string | undefined {
  const kernels = Object.entries({ ...revisions.kernels, ...revisions.sourced.kernels });
  const tools = Object.entries({ ...revisions.tools, ...revisions.sourced.tools });
  const differs = (known: Readonly<Record<string, number>> | undefined, seen: Readonly<Record<string, number>>) =>
    Object.entries(seen).some(([type, revision]) => known?.[type] !== revision);
  return (
    kernels.find(([release, seen]) => differs(kernelRevisions(kernelSeries(release) ?? ""), seen))?.[0] ??
    tools.find(([version, seen]) => differs(toolRevisions(version), seen))?.[0]
  );
}

/** What the engine gets wrong, in words; undefined when nothing. The cheapest and likeliest questions come first. */
function firstMistake(engine: Engine): string | undefined {
  const { evaluatePlatform } = engine;
  const revision = wrongRevisions(engine);
  if (revision !== undefined) return `revisions of ${revision}`;
  const rule = ruleCases.find((one) => !holds(evaluatePlatform, one));
  if (rule !== undefined) return `${rule.severity} ${rule.rule}: ${rule.text}`;
  const incident = incidents.find((one) => !agrees(evaluatePlatform, one));
  if (incident !== undefined) return `incident ${incident.id}`;
  const read = setReads.find((one) => cannotRead(evaluatePlatform, one) !== one.unreadable);
  if (read !== undefined) return `${read.type} of ${read.writer} read by ${read.reader} on ${read.release}`;
  const seen = observations.find(
    (one) => predict(evaluatePlatform, one).answer !== one.answer && one.experiment.disagrees === undefined,
  );
  return seen === undefined ? undefined : `kernel ${seen.release}: ${seen.experiment.name}`;
}

test("the rest: without one entry a rule's case, an incident or a kernel's answer is not predicted", async () => {
  const whole = {
    defects: defectsJson,
    encodings: encodingsJson,
    ipset: ipsetJson,
    userdata: userdataJson,
    requirements: requirementsJson,
    extensions: extensionsJson,
  } as unknown as Knowledge;
  expect(firstMistake(await engineWithout())).toBeUndefined();
  const mutants = mutantsOf(whole);
  const needless: string[] = [];
  for (const mutant of mutants) {
    const mistake = firstMistake(await engineWithout(mutant));
    if (mistake === undefined) needless.push(mutant.name);
  }
  // Nothing of the last mutant is left in the next engine: otherwise one mistake would stand for all that follow.
  expect(firstMistake(await engineWithout())).toBeUndefined();
  console.log(`${mutants.length} entries left out one by one, ${needless.length} of them without a mistake`);
  expect(needless).toEqual([]);
}, 240_000);
