import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { buildAnnotations } from "../../src/report/annotations.ts";
import { renderJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderSarif } from "../../src/report/sarif.ts";
import { renderText } from "../../src/report/text.ts";
import { corpus } from "./injection-corpus.ts";
import { samples } from "./samples.ts";

/** Every text of the corpus in every field that somebody else fills, through every form. */

const { toHtml } = (await import(fileURLToPath(new URL("../../scripts/github-page.mjs", import.meta.url)))) as {
  toHtml(markdown: string): Promise<string>;
};
const context = {
  docsBase: "https://github.com/example/x/blob/v1/docs/rules/",
  sourceBase: "https://github.com/example/agent/blob/main/",
  runUrl: "https://github.com/example/agent/actions/runs/1",
};

/** The sample of all fields with one text in all of them. */
function reportWith(text: string): Report {
  const report = structuredClone(samples["kilo-broken"]) as Report;
  const host = (id: string) => (id === "debian-12" ? text : id);
  report.notes = [text];
  for (const image of report.images) {
    image.reference = `docker-archive:${text}.tar`;
    for (const platform of image.platforms) {
      platform.platform = `linux/${text}`;
      platform.base = { reference: text, digest: text, tools: [{ name: "iptables", version: text }] };
      for (const tool of platform.toolchain.tools) {
        tool.version = text;
        tool.path = `/sbin/${text}`;
        if (tool.package) tool.package.version = text;
      }
      for (const cell of platform.cells) {
        cell.host = host(cell.host);
        cell.base = "fail";
        cell.missing = [{ fact: text, rule: text, state: { under: "hosts", entry: text } }];
        if (cell.verdict === "pass") cell.verdict = "unknown";
      }
    }
  }
  report.fixed = report.findings.map((finding) => ({ ...finding, message: text }));
  for (const finding of report.findings) {
    Object.assign(finding, { image: `docker-archive:${text}.tar`, platform: `linux/${text}`, message: text });
    Object.assign(finding, { program: text, remedy: text, hosts: finding.hosts.map(host) });
    finding.location = { file: text, line: 1 };
    finding.evidence = [{ fact: text, source: text }];
  }
  const [first, second, third] = report.findings;
  // What concerns all hosts has them named in a list of their own.
  if (third)
    third.hosts = report.images.flatMap(({ platforms }) => platforms.flatMap((p) => p.cells.map((c) => c.host)));
  if (first) first.suggestion = { file: text, line: 1, text };
  if (first) first.expired = { reason: text, until: text, place: text };
  if (second) second.ignored = { reason: text, until: text };
  return report;
}

const commands = (log: string) => log.split(/[\r\n\u0085\u2028\u2029]/).filter((line) => /^\s*::|##\[/.test(line));
/** Characters that steer or hide; line ends and our own joiners are no such. */
const steering = /(?![\n\u2060\u200b])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

test("the corpus is one", () => {
  expect(new Set(corpus).size).toBeGreaterThanOrEqual(60);
});

describe.each(corpus.map((text) => [JSON.stringify(text), text] as const))("%s", (_, text) => {
  const report = reportWith(text);
  const all = {
    ...context,
    reportName: text,
    configFile: text,
    fixedBy: text,
    suggestion: { file: text, line: 1, text },
  };

  test("log and annotations", () => {
    const log = renderText(report, all);
    expect(commands(log)).toEqual([]);
    expect(log).not.toMatch(steering);
    for (const { title, message, file = "" } of buildAnnotations(report, all)) {
      expect(commands(message)).toEqual([]);
      expect(title + message + file).not.toMatch(steering);
    }
  });

  test("comment and summary", async () => {
    const markdown = renderMarkdown(report, all);
    expect(markdown).not.toMatch(steering);
    expect(commands(markdown)).toEqual([]);
    const html = await toHtml(markdown);
    const elements = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, name]) => name));
    const ours = "h3 p strong b code table thead tbody tr th td br details summary ul li sub span a".split(" ");
    expect([...elements].filter((name) => !ours.includes(name ?? ""))).toEqual([]);
    for (const [, address = ""] of html.matchAll(/href="([^"]*)"/g))
      expect(address).toMatch(
        /^https:\/\/(?:github\.com\/example\/|redirect\.github\.com\/octo-org\/octo-repo\/issues\/1$)/,
      );
    // What GitHub would make a mention or a reference of, outside of code.
    const words = html.replace(/<code>[\s\S]*?<\/code>/g, " ").replace(/<[^>]*>/g, " ");
    expect(words).not.toMatch(/@[a-z\d]|(?:^|[^&])#\d|GH-\d|https?:\/\/(?!github\.com\/example)|www\.[a-z]/i);
    expect(markdown).not.toContain("<!--");
    expect(markdown).toContain("<summary>All 13 hosts</summary>");
    // One headline, one table for the one image, details in pairs.
    expect(html.match(/<h3/g)).toHaveLength(1);
    expect(html.match(/<table/g)).toHaveLength(1);
    expect(html.match(/<details/g)?.length).toBe(html.match(/<\/details>/g)?.length);
  });

  test("SARIF and JSON", () => {
    const sarif = renderSarif(report, all, { fallbackFile: "Dockerfile" });
    for (const form of [sarif, renderJson(report)]) {
      expect(commands(form)).toEqual([]);
      expect(form.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    expect(JSON.parse(renderJson(report))).toEqual(JSON.parse(JSON.stringify(report)));
    for (const result of JSON.parse(sarif).runs[0].results) {
      expect(result.message.text).not.toMatch(/\]\(/);
      const { uri } = result.locations[0].physicalLocation.artifactLocation;
      expect(uri).toMatch(/^(?![a-z]+:|\/)\S+$/i);
      expect(uri.split("/")).not.toContain("..");
    }
  });
});
