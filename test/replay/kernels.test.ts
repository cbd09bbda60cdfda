import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { kernelRevisions, toolRevisions, unreadableSets } from "../../src/compat/ipset.ts";
import { kernelSeries } from "../../src/model/version.ts";
import { cannotRead, created, experiments, observations, predict, setReads } from "./kernels.ts";

describe("what kernels answered", () => {
  test("modules that are loaded, on disk or missing, and 32-bit tools: every experiment", () => {
    const disagreements: string[] = [];
    const named = new Map<string, number>();
    for (const observation of observations) {
      const { experiment, release, version, answer } = observation;
      const predicted = predict(evaluatePlatform, observation);
      if (predicted.answer === answer) continue;
      if (experiment.disagrees !== undefined && predicted.answer === "error") {
        named.set(experiment.name, (named.get(experiment.name) ?? 0) + 1);
      } else {
        disagreements.push(
          `${experiment.name}, kernel ${release}, ${version}: ${answer}, predicted ${predicted.answer} (${predicted.severities.join()})`,
        );
      }
    }
    const sum = [...named.values()].reduce((a, b) => a + b, 0);
    console.log(
      `modules: ${observations.length} cells, ${disagreements.length} disagreements, ${sum} where the engine says more, by intent:`,
    );
    for (const [name, count] of named) console.log(`  ${count} x ${name}`);
    expect(disagreements).toEqual([]);
    expect(observations).toHaveLength(376);
    // A reason that is no longer needed hides the next mistake.
    expect([...named.keys()]).toEqual(experiments.filter(({ disagrees }) => disagrees).map(({ name }) => name));
  });

  test("sets of one ipset, listed and saved by another: every type, writer and reader", () => {
    const disagreements = setReads
      .filter((read) => cannotRead(evaluatePlatform, read) !== read.unreadable)
      .map(({ release, writer, reader, type, unreadable }) => {
        const predicted = unreadable ? "readable" : "unreadable";
        return `${release} ${type} of ${writer} read by ${reader}: predicted ${predicted}`;
      });
    // Listed and saved: two commands each.
    console.log(`sets: ${2 * setReads.length} commands, ${disagreements.length} disagreements`);
    expect(disagreements).toEqual([]);
    expect(setReads).toHaveLength(552);
  });

  test("the revision that a set gets is the lower of what kernel and tool know", () => {
    let sets = 0;
    for (const [release, tools] of Object.entries(created))
      for (const [version, revisions] of Object.entries(tools))
        for (const [type, revision] of Object.entries(revisions)) {
          sets++;
          // Of a reader that knows nothing, the engine tells the set's revision.
          const kernel = kernelRevisions(kernelSeries(release)!)!;
          const [set] = unreadableSets(kernel, toolRevisions(version), { [type]: -1 }, [type]);
          expect.soft(set?.revision, `${release} ${version} ${type}`).toBe(revision);
        }
    expect(sets).toBe(300);
  });
});
