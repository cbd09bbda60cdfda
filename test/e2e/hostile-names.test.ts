import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { corpus } from "../report/injection-corpus.ts";
import { runStep, type StepRun } from "../support/action-step.ts";
import { type StandIn, startGitHub } from "../support/github-server.ts";
import { addImage, buildLayer, type Files, finishLayout, named, packFiles } from "../support/image-writer.ts";
import { xtablesMulti } from "../support/netfilter-binaries.ts";
import { scratchFolder } from "../support/scratch.ts";
import { root } from "../support/spawn.ts";
import type { TarEntry } from "../support/tar-writer.ts";

/** Every text of the corpus wherever an image, a cluster's list of nodes or a file name can carry one, through the bundle:
 * what reaches log, comment, summary, SARIF and outputs. */

const { toHtml } = (await import(fileURLToPath(new URL("../../scripts/github-page.mjs", import.meta.url)))) as {
  toHtml(markdown: string): Promise<string>;
};
const scratch = scratchFolder("hostile-names");
const workspace = join(scratch.path, "workspace");
/** Characters that steer or hide; line ends and our own joiners are no such. */
const steering = /(?![\n\u2060\u200b])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

let github: StandIn;
beforeAll(async () => {
  github = await startGitHub();
  mkdirSync(join(workspace, ".github"), { recursive: true });
});

function step(inputs: Record<string, string>): Promise<StepRun> {
  return runStep({
    command: [join(root, "dist/index.js")],
    folder: scratch.path,
    apiUrl: github.url,
    inputs,
    env: { GITHUB_WORKSPACE: workspace },
  });
}

/** Only lines that we write ourselves may be commands, each whole in its line. */
function expectCleanLog(log: string): void {
  expect(log).not.toMatch(steering);
  for (const line of log.split("\n").filter((text) => /^\s*::|##\[/.test(text)))
    expect(line).toMatch(/^::(?:add-mask::good|(?:error|warning|notice)(?: title=[^:]*)?::(?!:).*)$/);
  expect(log.match(/^::(?:error|warning|notice)/gm)?.length ?? 0).toBeLessThanOrEqual(30);
}

async function expectCleanMarkdown(markdown: string): Promise<void> {
  const own = /\n(?:<!-- netfilter-compat (?:memory|report)=[^\s-]* -->\n?)+$/;
  const text = markdown.replace(own, "\n");
  expect(text).not.toMatch(steering);
  expect(text).not.toContain("<!--");
  const html = await toHtml(text);
  const elements = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, name]) => name));
  const ours = "h3 p strong b code pre table thead tbody tr th td br details summary ul li sub span a".split(" ");
  expect([...elements].filter((name) => !ours.includes(name ?? ""))).toEqual([]);
  for (const [, address = ""] of html.matchAll(/href="([^"]*)"/g))
    expect(address).toMatch(/^https:\/\/(?:redirect\.)?github\.com\/|^https:\/\/git\.netfilter\.org\//);
  expect(html).not.toMatch(/href="[^"]*(?:evil|octo)/);
  const words = html.replace(/<code>[\s\S]*?<\/code>/g, " ").replace(/<[^>]*>/g, " ");
  expect(words).not.toMatch(/@[a-z\d]|(?:^|[^&])#\d|GH-\d|https?:\/\/|www\.[a-z]/i);
}

/** iptables behind a link of that name, with the text in package, system, extension, environment, platform and tag. */
function addHostileImage(files: Files, text: string) {
  // A way out of the image is an error of its own.
  const name = text.replaceAll("\0", "").replaceAll("..", ".,").slice(0, 60);
  const line = text.replace(/[\r\n]/g, " ");
  const entries: TarEntry[] = [
    { name: "etc/os-release", content: `ID=alpine\nVERSION_ID="${line}"\n` },
    { name: "lib/apk/db/installed", content: `P:iptables\nV:1.8.4-${line}\nF:usr/sbin\nR:xtables-nft-multi\n\n` },
    { name: "usr/sbin/xtables-nft-multi", content: xtablesMulti("1.8.4", "nft"), mode: 0o755 },
    { name: "x", pax: { path: `opt/${name}`, linkpath: "/usr/sbin/xtables-nft-multi" }, flag: "2" },
    { name: "usr/sbin/iptables", pax: { linkpath: `/opt/${name}` }, flag: "2" },
    { name: "y", pax: { path: `usr/lib/xtables/libxt_${name}.so` }, content: "no library" },
    { name: "usr/sbin/ip6tables", pax: { linkpath: `/nowhere/${name}` }, flag: "2" },
  ];
  const config = { Env: [`FELIX_IPTABLESBACKEND=${text}`, `${text}=1`], Entrypoint: [text], Labels: { [text]: text } };
  const image = addImage(files, [buildLayer(entries, "none")], { variant: text, config });
  return { ...named(image, text), platform: { os: "linux", architecture: "amd64", variant: `${text}x` } };
}

function hostileArchive(): Buffer {
  const files: Files = new Map();
  const images = corpus.map((text) => addHostileImage(files, text));
  return packFiles(finishLayout(files, images));
}

/** Everything that one run leaves behind. */
async function expectClean(run: StepRun): Promise<void> {
  expectCleanLog(run.log);
  await expectCleanMarkdown(run.summary);
  for (const { body } of github.comments.splice(0)) await expectCleanMarkdown(body);
  expect(run.exported).toBe("");
  expect(run.outputs).toMatchObject({ verdict: "fail", errors: expect.stringMatching(/^\d+$/) });
  const files = [run.outputs["report-file"] ?? "", join(workspace, run.outputs["sarif-file"] ?? "")];
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/##\[/);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    JSON.parse(text);
  }
}

test("what an image holds: tags, platforms, links, packages, systems, extensions, variables; its file, the cache", async () => {
  const archive = join(workspace, "::error::x ![a](https:evil.example) @octocat \u001b[31m\u202e.tar");
  writeFileSync(archive, hostileArchive());
  const inputs = { image: archive, hosts: "debian-12", cache: "@octocat\u001b[31m", "sarif-file": "out.sarif" };
  const run = await step(inputs);
  expect(JSON.parse(readFileSync(run.outputs["report-file"] ?? "", "utf8")).images).toHaveLength(corpus.length);
  await expectClean(run);
  // From the cache, whose notes name what was read.
  await expectClean(await step(inputs));
});

test("what nodes are called", async () => {
  const nodes = corpus.map((name) => ({
    metadata: { name },
    status: { nodeInfo: { osImage: name, kernelVersion: name, architecture: "amd64", kubeletVersion: name } },
  }));
  writeFileSync(join(workspace, "nodes.json"), JSON.stringify({ kind: "List", items: nodes }));
  writeFileSync(join(workspace, ".github/netfilter-compat.yml"), "hosts: [debian-12, {nodes: nodes.json}]\n");
  const run = await step({ image: join(root, "examples/kilo-0.6.0.tar"), "sarif-file": "out.sarif" });
  rmSync(join(workspace, ".github/netfilter-compat.yml"));
  const [image] = JSON.parse(readFileSync(run.outputs["report-file"] ?? "", "utf8")).images;
  expect(image.platforms[0].cells.length).toBeGreaterThan(60);
  await expectClean(run);
});

/** What is wrong with an input, a file or a part of one is told in one clean line. */
describe("mistakes", () => {
  const nasty = "@octocat \u001b[31m\u202e##[group]x %0A::error::y <img src=x>";
  const sample = { image: join(root, "examples/kilo-fixed.tar") };
  const write = (content: string) => {
    const file = join(workspace, `${nasty}.json`.replaceAll("/", "_"));
    writeFileSync(file, content);
    return file;
  };
  const build = JSON.stringify({ [nasty]: { "containerimage.digest": nasty, "image.name": nasty } });
  test.each<[string, () => Record<string, string>]>([
    ["image", () => ({ image: nasty })],
    ["file of an image", () => ({ image: `docker-archive:${nasty}` })],
    ["image of a registry", () => ({ image: `docker://${nasty}` })],
    ["metadata of a build", () => ({ image: write(build) })],
    ["part of a build", () => ({ image: `${write(build)}#${nasty}` })],
    ["tag of an archive", () => ({ image: `${sample.image}#${nasty}` })],
    ["hosts", () => ({ ...sample, hosts: nasty })],
    ["config", () => ({ ...sample, config: nasty })],
    [
      "what a config holds",
      () => ({ ...sample, config: write(JSON.stringify({ hosts: [{ id: nasty }], [nasty]: 1 })) }),
    ],
    [
      "facts of a node",
      () => {
        writeFileSync(join(workspace, "facts.txt"), `${nasty}\n${nasty}: ${nasty}\n`);
        return { ...sample, config: write('{"hosts": [{"facts": "facts.txt"}]}') };
      },
    ],
    ["base report", () => ({ ...sample, "base-report": write(JSON.stringify({ [nasty]: nasty })) })],
    ["platforms", () => ({ ...sample, platforms: nasty })],
    ["Dockerfile", () => ({ ...sample, dockerfile: nasty })],
    ["a choice", () => ({ ...sample, comment: nasty })],
    ["lazy", () => ({ ...sample, lazy: nasty })],
    ["insecure registries", () => ({ image: "docker://127.0.0.1:9/a:b", "insecure-registries": nasty })],
    ["folder of the cache", () => ({ ...sample, cache: write("") })],
  ])("%s", async (_, inputs) => {
    const run = await step(inputs());
    expect(run.code).toBe(2);
    expectCleanLog(run.log);
    expect(run.log.match(/^::error::/gm)).toHaveLength(1);
    expect(run.summary + run.exported).toBe("");
  });
});
