import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/read.ts";
import { adaptEvent } from "../../src/github/event.ts";
import { readGatherInputs } from "../../src/github/gather-inputs.ts";
import { readInputs } from "../../src/github/inputs.ts";
import { root } from "../support/spawn.ts";

/** Every workflow that people copy, and our own: parses, uses inputs that exist, asks for the rights that it needs and no
 * more than it should. */

interface Step {
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
}
interface Job {
  permissions?: Record<string, string>;
  "runs-on"?: string;
  "timeout-minutes"?: number;
  environment?: string;
  needs?: string;
  steps: Step[];
}
interface Workflow {
  on?: unknown;
  permissions?: Record<string, string>;
  jobs?: Record<string, Job>;
}
interface DependabotFile {
  version: number;
  updates: { schedule: { interval: string } }[];
}
interface Snippet {
  place: string;
  text: string;
  value: unknown;
}

const actions = {
  "": parse(readFileSync(join(root, "action.yml"), "utf8")),
  "/report": parse(readFileSync(join(root, "report/action.yml"), "utf8")),
} as Record<string, { inputs: Record<string, { required?: boolean }>; outputs: Record<string, unknown> }>;

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const snippets: Snippet[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), "utf8").matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].map(([, text = ""], i) => ({
    place: `${page} #${i + 1}`,
    text,
    value: parse(text),
  })),
);
const own: Snippet[] = readdirSync(join(root, ".github/workflows")).map((name) => {
  const text = readFileSync(join(root, ".github/workflows", name), "utf8");
  return { place: name, text, value: parse(text) };
});

/** Jobs of a workflow; a list of steps is a part of one. */
function jobsOf({ value }: Snippet): { job: Job; workflow: Workflow | undefined }[] {
  if (Array.isArray(value)) return [{ job: { steps: value as Step[] }, workflow: undefined }];
  const workflow = (value ?? {}) as Workflow;
  return Object.values(workflow.jobs ?? {}).map((job) => ({ job, workflow }));
}
const isWorkflow = (snippet: Snippet) =>
  jobsOf(snippet).some(({ job }) => job.steps?.some((step) => step.uses || step.run));
const workflows = snippets.filter(isWorkflow);
const isDependabot = ({ text }: Snippet) => text.startsWith("# .github/dependabot.yml\n");
const configs = snippets.filter((snippet) => !isWorkflow(snippet) && !isDependabot(snippet));

/** Which of our Actions a step uses: `""`, `"/report"`, undefined for another's. */
function ours(step: Step): string | undefined {
  return /^OWNER\/netfilter-compat(\/report)?@COMMIT$|^\.\/(?:report)?$/.test(step.uses ?? "")
    ? step.uses?.includes("report@") || step.uses === "./report"
      ? "/report"
      : ""
    : undefined;
}

test("there is something to check", () => {
  expect(workflows.length).toBeGreaterThan(12);
  expect(own.length).toBeGreaterThan(1);
});

describe.each([...workflows, ...own].map((snippet) => [snippet.place, snippet] as const))("%s", (_, snippet) => {
  const jobs = jobsOf(snippet);
  const steps = jobs.flatMap(({ job }) => job.steps);

  test("inputs exist, required ones are given, and the code takes them", () => {
    for (const step of steps) {
      const which = ours(step);
      if (which === undefined) continue;
      const inputs = actions[which]?.inputs ?? {};
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
      for (const [name, input] of Object.entries(inputs)) if (input.required) expect(step.with).toHaveProperty(name);
      const env = Object.fromEntries(
        Object.entries(step.with ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value)]),
      );
      expect((which === "" ? readInputs(env) : readGatherInputs(env)).warnings).toEqual([]);
    }
  });

  test("outputs that are used exist", () => {
    const ids = new Map((steps as (Step & { id?: string })[]).map((step) => [step.id, ours(step)]));
    for (const [, id, name = ""] of snippet.text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const which = ids.get(id);
      if (which !== undefined) expect(Object.keys(actions[which]?.outputs ?? {})).toContain(name);
      else expect([...ids.keys()]).toContain(id);
    }
  });

  test("files are written by a builder that can", () => {
    for (const { job } of jobs) {
      const writing = job.steps.findIndex((step) =>
        /^type=(?:oci|docker),dest=/.test(String(step.with?.outputs ?? "")),
      );
      const before = job.steps.slice(0, Math.max(0, writing)).map((step) => step.uses ?? "");
      if (writing >= 0) expect(before.some((name) => name.startsWith("docker/setup-buildx-action@"))).toBe(true);
    }
  });

  test("other actions are pinned to a commit, with its version beside it", () => {
    for (const line of snippet.text.match(/^\s*(?:- )?uses:.*$/gm) ?? [])
      expect(line).toMatch(
        /uses: (?:\.\/(?:report)?$|OWNER\/netfilter-compat(?:\/report)?@COMMIT # v\d+\.\d+\.\d+$|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/,
      );
  });

  test("permissions suffice, and only for what is used", () => {
    expect(snippet.text).not.toContain("pull_request_target");
    for (const { job, workflow } of jobs) {
      if (workflow === undefined) continue;
      const granted = job.permissions ?? workflow.permissions;
      expect(granted, "permissions of every job are stated").toBeDefined();
      const wanted = wantedPermissions(job, workflow);
      for (const [scope, right] of Object.entries(wanted)) expect(granted).toHaveProperty(scope, right);
      for (const [scope, right] of Object.entries(granted ?? {}))
        if (right === "write" && ["pull-requests", "security-events", "actions"].includes(scope))
          expect(wanted).toHaveProperty(scope, "write");
    }
  });
});

/** Rights that the steps of a job need. */
function wantedPermissions(job: Job, workflow: Workflow): Record<string, string> {
  const wanted: Record<string, string> = {};
  for (const step of job.steps) {
    const uses = step.uses ?? "";
    if (uses.startsWith("actions/checkout@")) wanted.contents = "read";
    if (uses.includes("/upload-sarif@")) wanted["security-events"] = "write";
    if (uses.startsWith("actions/download-artifact@") && step.with?.["run-id"] !== undefined) wanted.actions = "read";
    if (step.run?.includes("gh run download")) wanted.actions = "read";
    if (uses.startsWith("actions/attest@")) Object.assign(wanted, { attestations: "write", "id-token": "write" });
    if (step.run?.includes("gh release create")) wanted.contents = "write";
    // A comment is possible on some of the events, and wanted.
    if (ours(step) !== undefined && step.with?.comment !== "never" && eventsOf(workflow).some(canComment))
      wanted["pull-requests"] = "write";
  }
  if (wanted.contents === "read" && job.steps.some((step) => step.run?.includes("gh release")))
    wanted.contents = "write";
  return wanted;
}

function eventsOf({ on }: Workflow): string[] {
  if (typeof on === "string") return [on];
  return Array.isArray(on) ? on : Object.keys(on ?? {});
}

/** What our own adapter makes of an event with GitHub's example of its payload. */
function canComment(event: string): boolean {
  if (event === "workflow_run") return true;
  const fixture = join(root, `test/github/fixtures/${event}.json`);
  const payload = readdirSync(join(root, "test/github/fixtures")).includes(`${event}.json`)
    ? JSON.parse(readFileSync(fixture, "utf8"))
    : {};
  return adaptEvent(event, payload, "f".repeat(40)).noComment === undefined;
}

test.each(configs.map((snippet) => [snippet.place, snippet] as const))("%s is a config file", (place, { text }) => {
  expect(() => readConfig(text, place)).not.toThrow();
});

test("what Dependabot is told has the form of what ours is told", () => {
  const [told, ...others] = snippets.filter(isDependabot).map(({ value }) => value as DependabotFile);
  const mine = parse(readFileSync(join(root, ".github/dependabot.yml"), "utf8")) as DependabotFile;
  expect(others).toEqual([]);
  expect(told?.version).toBe(mine.version);
  for (const update of told?.updates ?? [])
    expect(mine.updates).toContainEqual(
      expect.objectContaining({
        ...update,
        schedule: { interval: expect.stringMatching(/^(?:daily|weekly|monthly)$/) },
      }),
    );
  expect(told?.updates).toHaveLength(1);
});

describe("our own workflows", () => {
  const workflow = (name: string): Workflow => own.find(({ place }) => place === name)?.value as Workflow;
  const all = own.map(({ place, value }) => [place, value as Workflow] as const);
  const runs = (job: Job | undefined) => job?.steps.map((step) => step.run ?? step.uses ?? "") ?? [];

  test.each(all)("%s: no rights but those that a job names, an end, and a machine that doesn't change", (_, value) => {
    expect(value.permissions).toEqual({});
    for (const job of Object.values(value.jobs ?? {})) {
      expect(Object.keys(job.permissions ?? {})).not.toEqual([]);
      expect(job["runs-on"]).toMatch(/-\d+\.\d+$/);
      expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
      for (const step of job.steps.filter((entry) => entry.uses?.startsWith("actions/checkout@")))
        expect(step.with).toMatchObject({ "persist-credentials": false });
      // What somebody wrote into a title or a branch name must not become a command.
      for (const step of job.steps) expect(step.run ?? "").not.toContain("$" + "{{");
    }
  });

  test("a pull request's run may only read, whoever opened it", () => {
    expect(eventsOf(workflow("ci.yml"))).toContain("pull_request");
    expect(eventsOf(workflow("ci.yml"))).toContain("merge_group");
    for (const [, value] of all.filter(([, entry]) => eventsOf(entry).includes("pull_request")))
      for (const job of Object.values(value.jobs ?? {})) expect(job.permissions).toEqual({ contents: "read" });
    for (const [, value] of all)
      expect(eventsOf(value)).not.toEqual(expect.arrayContaining([expect.stringMatching(/_target$|workflow_run/)]));
  });

  test("dist/ is rebuilt without scripts of packages, compared, and the right one offered", () => {
    const job = workflow("ci.yml").jobs?.dist;
    const steps = runs(job);
    expect(steps.indexOf("npm run check:dist")).toBeGreaterThan(steps.indexOf("npm ci --ignore-scripts"));
    expect(job?.steps.at(-1)).toMatchObject({ if: "failure()", with: { path: "dist" } });
  });

  test("the Action runs on itself, both of it, with nothing but the checkout", () => {
    const steps = runs(workflow("ci.yml").jobs?.self);
    const removed = steps.indexOf("rm -rf node_modules");
    expect(removed).toBeGreaterThan(0);
    expect(steps.filter((step) => /npm|setup-node/.test(step))).toEqual([]);
    expect(steps.indexOf("./")).toBeGreaterThan(removed);
    expect(steps.indexOf("./report")).toBeGreaterThan(removed);
  });

  test("a release comes of a tag that is checked, waits for a person, is attested and never moves", () => {
    const release = workflow("release.yml");
    expect(release.on).toEqual({ push: { tags: ["v[0-9]+.[0-9]+.[0-9]+"] } });
    const publish = release.jobs?.publish;
    expect(publish).toMatchObject({ needs: "verify", environment: "release" });
    expect(runs(release.jobs?.verify).join("\n")).toContain("merge-base --is-ancestor");
    const attested = runs(publish).findIndex((step) => step.startsWith("actions/attest@"));
    expect(attested).toBeGreaterThan(0);
    expect(runs(publish).findIndex((step) => step.includes("--verify-tag"))).toBeGreaterThan(attested);
    for (const [, value] of all)
      for (const job of Object.values(value.jobs ?? {}))
        expect(runs(job).join("\n")).not.toMatch(/git (?:push|tag)|--force|npm publish/);
  });

  test("updates of dependencies come for packages and for actions, after a while", () => {
    const { updates } = parse(readFileSync(join(root, ".github/dependabot.yml"), "utf8")) as {
      updates: { "package-ecosystem": string; cooldown: { "default-days": number } }[];
    };
    expect(updates.map((entry) => entry["package-ecosystem"])).toEqual(["npm", "github-actions"]);
    for (const { cooldown } of updates) expect(cooldown["default-days"]).toBeGreaterThanOrEqual(7);
  });
});

describe("how our Action is named in what people copy", () => {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  const texts = [...pages, "SECURITY.md", "CONTRIBUTING.md", "action.yml", "report/action.yml"].map(
    (page) => [page, readFileSync(join(root, page), "utf8")] as const,
  );

  test.each(texts)("%s: one placeholder, one version, no tag that could move", (_, text) => {
    for (const [, owner, place, ref] of text.matchAll(/([\w.<>-]+)\/netfilter-compat(\/report)?@(\S+(?: # \S+)?)/g)) {
      expect([owner, place]).toEqual(["OWNER", place]);
      expect(ref?.replace(/[`.,]+$/, "")).toMatch(new RegExp(`^COMMIT(?: # v${version.replaceAll(".", "\\.")})?$`));
    }
    expect(text).not.toMatch(/netfilter-compat@v\d/);
  });

  test("what the placeholder stands for is told where it is met first", () => {
    expect(texts[0]?.[1]).toContain("`OWNER/netfilter-compat@COMMIT`");
    for (const page of ["docs/recipes.md", "CONTRIBUTING.md"])
      expect(texts.find(([name]) => name === page)?.[1]).toMatch(/`?OWNER`?.*`?@?COMMIT`?/);
  });
});

describe("issue forms", () => {
  const folder = join(root, ".github/ISSUE_TEMPLATE");
  const forms = readdirSync(folder).filter((name) => name !== "config.yml");
  test.each(forms)("%s is a form as GitHub takes it", (name) => {
    const form = parse(readFileSync(join(folder, name), "utf8")) as {
      name: string;
      description: string;
      body: { type: string; id: string; attributes: Record<string, unknown> }[];
    };
    expect(form.name.length).toBeGreaterThan(3);
    expect(form.description.length).toBeLessThan(200);
    const ids = form.body.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, id, attributes } of form.body) {
      expect(["markdown", "textarea", "input", "dropdown", "checkboxes"]).toContain(type);
      expect(id).toMatch(/^[\w-]+$/);
      expect(attributes.label).toEqual(expect.any(String));
      if (type === "dropdown") expect(new Set(attributes.options as string[]).size).toBeGreaterThan(1);
    }
  });
  test("there is one for a wrong verdict", () => expect(forms).toContain("wrong-about-my-host.yml"));
});
