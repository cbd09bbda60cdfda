import * as z from "zod/mini";
import type { evaluatePlatform, RawCell } from "../../src/compat/engine.ts";
import { buildInput } from "./build.ts";
import { type ImageFacts, type Incident, incidentSchema } from "./incident.ts";
import incidentsJson from "./incidents.json" with { type: "json" };

/** Public incidents held against an engine: the one in use, or one that lacks a piece of knowledge. */

export type Engine = typeof evaluatePlatform;
export type Answer = "flag" | "clean" | "missing";

export const incidents = z.array(incidentSchema).parse(incidentsJson);

/** The rule that has to speak, and those that say the same of the same cause. */
export function rulesOf(incident: Incident): string[] {
  return [incident.expectRule, ...(incident.acceptRules ?? [])].filter((rule) => rule !== null);
}

export function answer(cell: RawCell, wanted: readonly string[]): Answer {
  const spoke = cell.findings.some((finding) => finding.severity !== "notice" && wanted.includes(finding.rule));
  if (spoke) return "flag";
  return cell.missing.some((missing) => wanted.includes(missing.rule)) ? "missing" : "clean";
}

export function evaluateIncident(engine: Engine, incident: Incident, image: ImageFacts): RawCell {
  const cell = engine(buildInput(incident, image))[0];
  if (cell === undefined) throw new Error("one host gives one cell");
  return cell;
}

/** Whether the engine says of the incident's image and of its repaired one what it should. */
export function agrees(engine: Engine, incident: Incident): boolean {
  const wanted = rulesOf(incident);
  const ask = (image: ImageFacts) => answer(evaluateIncident(engine, incident, image), wanted);
  const { expect, fixedImage, image } = incident;
  if (expect.image === "undecidable") return ask(image) !== "flag";
  if (ask(image) !== expect.image) return false;
  return expect.fixed !== "clean" || fixedImage === undefined || ask(fixedImage) !== "flag";
}
