import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One step of a job as the runner starts it: a process with inputs, event and env files in its environment. */

const payloads = new URL("../github/fixtures/", import.meta.url);

export interface StepRun {
  code: number | null;
  /** stdout and stderr together, as the log shows them. */
  log: string;
  outputs: Record<string, string>;
  summary: string;
  /** What later steps would get in their environment. */
  exported: string;
}

export interface Step {
  /** Arguments after the node binary: the script and its arguments. */
  command: readonly string[];
  /** A folder for this test; each step gets a place of its own in it. */
  folder: string;
  apiUrl: string;
  inputs?: Readonly<Record<string, string>>;
  /** More variables; they win. */
  env?: Readonly<Record<string, string>>;
  /** Gets the process when it has been started. */
  started?: (child: ChildProcess) => void;
}

/** Address of a published payload example: `pull_request`, `push`, `merge_group`, `workflow_run`. */
export function payload(event: string): string {
  return fileURLToPath(new URL(`${event}.json`, payloads));
}

/** Starts the step without a shell (names with dashes get lost in one) and waits for its end. */
export async function runStep(step: Step): Promise<StepRun> {
  const place = mkdtempSync(join(step.folder, "step-"));
  const file = (name: string) => {
    writeFileSync(join(place, name), "");
    return join(place, name);
  };
  const inputs = Object.entries(step.inputs ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    GITHUB_API_URL: step.apiUrl,
    GITHUB_REPOSITORY: "owner/name",
    GITHUB_SHA: "f".repeat(40),
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: payload("pull_request"),
    GITHUB_WORKFLOW: "ci",
    GITHUB_JOB: "build",
    GITHUB_ACTION: "__self",
    GITHUB_RUN_ID: "42",
    GITHUB_WORKSPACE: place,
    RUNNER_TEMP: place,
    GITHUB_OUTPUT: file("output"),
    GITHUB_STEP_SUMMARY: file("summary"),
    GITHUB_ENV: file("env"),
    "INPUT_GITHUB-TOKEN": "good",
    ...Object.fromEntries(inputs),
    ...step.env,
  };
  const child = spawn(process.execPath, step.command, { env, timeout: 150_000 });
  step.started?.(child);
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const read = (name: string) => readFileSync(join(place, name), "utf8");
  const outputs = [...read("output").matchAll(/^([\w-]+)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm)];
  return {
    code,
    log,
    outputs: Object.fromEntries(outputs.map(([, name, , value]) => [name, value])),
    summary: read("summary"),
    exported: read("env"),
  };
}
