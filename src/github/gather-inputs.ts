import type { Environment } from "../model/environment.ts";
import { UserError } from "../model/error.ts";
import { given } from "../model/given.ts";
import { lines, readInput, unknownInputs } from "./input-values.ts";
import { type PublishInputs, publishInputNames, readPublishInputs } from "./inputs.ts";

/** Inputs of the second Action, `report/action.yml`. */

export interface GatherInputs extends PublishInputs {
  /** Files and folders of saved reports, at least one. */
  reports: string[];
  /** How many reports there must be. */
  expected?: number;
}

/** Every input of report/action.yml; a test compares the two. */
export const gatherInputNames = ["reports", "expected", ...publishInputNames] as const;

/**
 * @param env the step's environment
 * @returns the inputs, and a sentence for each `INPUT_*` that is none of ours
 * @throws UserError for missing reports or a value outside its list
 */
export function readGatherInputs(env: Environment): {
  inputs: GatherInputs;
  warnings: string[];
} {
  const read = (name: (typeof gatherInputNames)[number]) => readInput(env, name);
  const reports = lines(read("reports"));
  if (reports.length === 0)
    throw new UserError("input reports: missing; name the folder that the saved reports were downloaded to");
  const expected = positive("expected", read("expected"));
  return {
    inputs: { reports, ...given({ expected }), ...readPublishInputs(read) },
    warnings: unknownInputs(env, gatherInputNames),
  };
}

function positive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new UserError(`input ${name}: "${value}" is not a number from 1 to 9999`);
  return Number(value);
}
