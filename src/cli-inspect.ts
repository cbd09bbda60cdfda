import type { Invocation } from "./arguments.ts";
import { expandBuildMetadata } from "./build-metadata.ts";
import { emit, readingOf, runProgram, terminal } from "./console.ts";
import { inspectImages } from "./inspect.ts";
import { renderInspectionText } from "./report/inspection-text.ts";
import { renderInspectionJson } from "./report/json.ts";

/** The command `inspect`. A program of its own, because it does without hosts and rules and so starts in half the time. */
async function run(invocation: Invocation): Promise<number> {
  if (invocation.command !== "inspect") throw new Error(`${invocation.command} is a command of cli.ts`);
  const images = expandBuildMetadata(invocation.images, process.cwd());
  const inspection = await inspectImages(images, readingOf(invocation.reading));
  const json = invocation.format === "json";
  emit(json ? renderInspectionJson(inspection) : renderInspectionText(inspection, terminal()), invocation.output);
  return 0;
}

await runProgram(run);
