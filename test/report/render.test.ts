import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { buildAnnotations } from "../../src/report/annotations.ts";
import { byteLength, COMMENT_LIMIT, fitMarkdown, SUMMARY_LIMIT } from "../../src/report/budget.ts";
import { cleanText, escapeJson, htmlText, markdownCode, markdownText, plainText } from "../../src/report/escape.ts";
import { headline } from "../../src/report/headline.ts";
import { drawMarkdown, fullDetail, prepareDrawing, renderMarkdown } from "../../src/report/markdown.ts";
import { renderSarif } from "../../src/report/sarif.ts";
import { failureReason } from "../../src/report/status.ts";
import { renderText } from "../../src/report/text.ts";
import { joinNames, mergeEvidence, shortImage, splitMessage } from "../../src/report/view.ts";
import { samples } from "./samples.ts";

function sample(name: string): Report {
  const report = samples[name];
  if (!report) throw new Error(`no sample ${name}`);
  return report;
}

describe("budget", () => {
  const many = sample("400-findings");
  const whole = byteLength(renderMarkdown(many));

  test("exactly at the limit nothing is cut, one byte below something is", () => {
    const suffix = "\n<!-- märker -->\n";
    expect(byteLength(fitMarkdown(many, {}, whole + byteLength(suffix), suffix))).toBe(whole + byteLength(suffix));
    const cut = fitMarkdown(many, {}, whole + byteLength(suffix) - 1, suffix);
    expect(byteLength(cut)).toBeLessThan(whole);
    expect(cut).toContain("Cut to fit: the lists of tools and hosts. The whole report: the job summary.");
    expect(cut.endsWith(suffix)).toBe(true);
  });

  test("whatever the limit, it is kept, the verdict stays and what was cut is said", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 700, max: whole - 1 }),
        fc.constantFrom("", "\n<!-- marker -->\n"),
        (limit, suffix) => {
          const text = fitMarkdown(many, { reportFile: "report.json" }, limit, suffix);
          expect(byteLength(text)).toBeLessThanOrEqual(limit);
          expect(text.startsWith("### ❌ `kilo.tar` breaks on all 13 hosts\n**Do this:** change number 1.")).toBe(true);
          expect(text).toMatch(/Cut to fit: .*\. The whole report: the job summary or the JSON report `report.json`\./);
          expect(text.split("<details>").length).toBe(text.split("</details>").length);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("bytes are counted, not characters", () => {
    const wide = structuredClone(many);
    for (const finding of wide.findings) finding.message = `${finding.message} ${"網".repeat(200)}`;
    const text = fitMarkdown(wide, {}, COMMENT_LIMIT);
    expect(byteLength(text)).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(byteLength(text)).toBeGreaterThan(COMMENT_LIMIT / 4);
  });

  test("a limit that nothing fits still says the verdict", () => {
    expect(fitMarkdown(many, {}, 10)).toContain("netfilter-compat: fail");
  });

  test("a report of many thousand findings keeps the summary's limit", () => {
    const huge = structuredClone(many);
    huge.findings = Array.from({ length: 5000 }, (_, i) => ({
      ...(many.findings[i % 400] as Report["findings"][number]),
      message: `m ${i} ${"x".repeat(400)}`,
    }));
    const text = fitMarkdown(huge, {}, SUMMARY_LIMIT);
    expect(byteLength(text)).toBeLessThanOrEqual(SUMMARY_LIMIT);
  });
});

describe("a report much longer than there is room for", () => {
  const huge = structuredClone(sample("400-findings"));
  huge.findings = Array.from({ length: 20_000 }, (_, i) => ({
    ...(huge.findings[i % 400] as Report["findings"][number]),
    message: `m ${i}`,
    evidence: Array.from({ length: 30 }, (_, n) => ({ fact: `fact ${i} ${n}`, source: "x".repeat(200) })),
  }));
  const drawing = prepareDrawing(huge);

  test("is drawn no further than that", () => {
    let named = 0;
    const hostName = (id: string) => {
      named++;
      return drawing.hostName(id);
    };
    expect(drawMarkdown({ ...drawing, hostName }, fullDetail, COMMENT_LIMIT)).toBeUndefined();
    expect(named).toBeGreaterThan(0);
    // Each name has its characters.
    expect(named).toBeLessThan(COMMENT_LIMIT / 5);
    expect(fitMarkdown(huge, {}, COMMENT_LIMIT)).toContain("findings after the first");
  });

  test("and its log ends soon after", () => {
    const text = renderText(huge, {}, { limit: 100_000 });
    expect(text.length).toBeGreaterThan(100_000);
    expect(text.length).toBeLessThan(150_000);
  });
});

describe("escaping", () => {
  /** What hostile names are made of. */
  const pieces = fc.constantFrom(
    "`",
    "``",
    "|",
    "\\",
    "@octocat",
    "#12",
    "GH-1",
    "<img src=x>",
    "<!--",
    "-->",
    "](",
    "[a]",
    "![",
    "http://e.x",
    "www.e.x",
    "a@b.co",
    "::error::",
    "##[set-output]",
    "\n",
    "\r\n",
    "\u202e",
    "\u200b",
    "\u001b[31m",
    "\u009b",
    "\u0000",
    "$x$",
    "</details>",
    "</summary>",
    "*",
    "_",
    "~~",
    "- ",
    "1. ",
    "# ",
    "&lt;",
    "\ud800",
    "x",
    " ",
    "é\u0301\u0301\u0301\u0301\u0301",
  );
  const hostile = fc.array(pieces, { maxLength: 12 }).map((list) => list.join(""));
  const forbidden = /[\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
  const mention = /(?:^|[^\w`])@[A-Za-z0-9]/;

  test("Markdown: no control character, tag, mention, reference, bare address or table border survives", () => {
    fc.assert(
      fc.property(hostile, (source) => {
        const markdown = markdownText(source);
        expect(markdown).not.toMatch(forbidden);
        // Read from the left, as Markdown is: escapes, code, our own tags. What is left is text and means nothing.
        const text = markdown.replace(
          /\\[\\`*_[\]|~#=+.)-]|`[^`|]*`|<code>(?:[\p{L}\p{N} ]|&#\d+;)*<\/code>|<span>\$<\/span>/gu,
          "\u2060",
        );
        expect(text).not.toMatch(/[<>[\]|`\\*~$]|:\/\/|www\.|#\d|GH-\d/);
        expect(text).not.toMatch(mention);
        expect(markdown).not.toMatch(/(?<!\\)(?:\\\\)*\|/);
      }),
      { numRuns: 2000 },
    );
  });

  test("HTML: only our own tags", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const html = htmlText(text);
        expect(html).not.toMatch(forbidden);
        expect(html.replace(/<\/?code>|<span>\$<\/span>/g, "")).not.toMatch(/[<>"']/);
        expect(html.replace(/<code>.*?<\/code>/g, "")).not.toMatch(mention);
        expect(html.split("<code>").length).toBe(html.split("</code>").length);
      }),
      { numRuns: 2000 },
    );
  });

  test("code, plain text, JSON", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(markdownCode(text)).not.toMatch(/\||##\[|\n/);
        expect(plainText(text)).not.toMatch(/^\s*::|##\[|\n/);
        expect(plainText(text)).not.toMatch(forbidden);
        const json = escapeJson(JSON.stringify(text));
        expect(JSON.parse(json)).toBe(text);
        expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u200b]|##\[/);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, string]>([
    ["ip_tables and 1.8.4-r2", "ip_tables and 1.8.4-r2"],
    ["run `apk add iptables`", "run `apk add iptables`"],
    ["1.8.4 is old", "1.8.4 is old"],
    ["1. item", "1\\. item"],
    ["# title", "\\# title"],
    ["a lone ` tick", "a lone \\` tick"],
    ["two\nlines\ttab", "two lines tab"],
    ["_emphasis_", "\\_emphasis\\_"],
  ])("stays readable: %j", (text, expected) => {
    expect(markdownText(text)).toBe(expected);
  });

  test("long texts are cut, never inside a character", () => {
    expect(cleanText("😀".repeat(1000), 10)).toBe(`${"😀".repeat(9)}…`);
    expect(markdownText("x".repeat(1_000_000)).length).toBe(600);
  });
});

describe("first two lines", () => {
  test.each(Object.keys(samples))("%s", (name) => {
    const [first, second] = renderMarkdown(sample(name)).split("\n");
    expect(first).toMatch(/^### (❌|❓|⚠️|✅) /);
    expect(second).toMatch(/^(\*\*Do this:\*\* |Nothing to do)/);
  });

  test("unknown is never shown as pass", () => {
    for (const report of Object.values(samples).filter((r) => r.verdict === "unknown")) {
      const { sentence } = headline(report);
      expect(sentence).not.toMatch(/works on/);
      expect(renderText(report)).toMatch(/^UNKNOWN/);
    }
  });

  test("nothing checked", () => {
    const empty: Report = { ...sample("clean"), verdict: "unknown", images: [], findings: [] };
    expect(headline(empty)).toMatchObject({ sentence: "No host was checked, so nothing is known.", isChange: true });
    expect(renderMarkdown(empty)).toContain("Name at least one host");
  });

  test("several images: the one that breaks is named, each has its table", () => {
    const {
      images: [first],
      ...rest
    } = sample("kilo-broken");
    const [second] = sample("three-platforms").images;
    if (!first || !second) throw new Error("no images");
    const good = {
      ...second,
      platforms: second.platforms.map((p) => ({
        ...p,
        cells: p.cells.map((c) => ({ ...c, verdict: "pass" as const, findings: [] })),
      })),
    };
    const markdown = renderMarkdown({ ...rest, images: [good, first] });
    expect(markdown).toMatch(/^### ❌ `kilo.tar` breaks on 8 of 13 hosts/);
    expect(markdown).toContain("**`dist/agent`**\n\n| Result | Hosts |");
    expect(markdown).toContain("**`kilo.tar`** · linux/amd64\n\n| Result | Hosts |");
  });

  test.each([
    ["kilo-broken", 2, "Both images break on 8 of 13 hosts."],
    ["kilo-broken", 3, "All 3 images break on 8 of 13 hosts."],
    ["clean", 2, "Both images work on all 13 hosts."],
    ["warnings-only", 2, "Both images may break on 2 of 13 hosts; no break is certain."],
    ["no-tools", 2, "Both images hold no netfilter tool, so there is nothing to judge."],
    ["unknown", 2, "Whether both images work can't be told for 3 of 13 hosts."],
  ])("%s, %i times: no image is left out", (name, times, expected) => {
    const report = sample(name);
    const images = Array.from({ length: times }, () => report.images).flat();
    expect(headline({ ...report, images }).sentence).toBe(expected);
  });

  test("a single host is named", () => {
    const report = structuredClone(sample("kilo-broken"));
    for (const platform of report.images.flatMap((image) => image.platforms))
      platform.cells = platform.cells.filter(({ host }) => host === "debian-12");
    const { sentence } = headline(report, { hostTitles: new Map([["debian-12", "Debian `12`"]]) });
    expect(sentence).toBe("`kilo.tar` breaks on Debian 12.");
  });

  test("two of three images", () => {
    const report = sample("kilo-broken");
    const images = [...report.images, ...report.images, ...sample("clean").images];
    expect(headline({ ...report, images }).sentence).toBe("2 of 3 images break on 8 of 13 hosts.");
  });
});

describe("annotations", () => {
  test("ten of each kind, the last says how many more; fewer with reserved places", () => {
    const list = buildAnnotations(sample("400-findings"));
    expect(list.filter((a) => a.severity === "error")).toHaveLength(10);
    expect(list.filter((a) => a.severity === "warning")).toHaveLength(10);
    expect(list[9]?.message).toContain("and 141 more errors");
    expect(buildAnnotations(sample("400-findings"), {}, { error: 3 })[6]?.message).toContain("and 144 more errors");
  });

  test("existing and ignored findings have none", () => {
    expect(buildAnnotations(sample("existing-only"))).toEqual([]);
    expect(buildAnnotations(sample("ignored"))).toEqual([]);
  });
});

describe("SARIF", () => {
  type Sarif = {
    runs: {
      automationDetails: { id: string };
      results: {
        ruleIndex: number;
        ruleId: string;
        partialFingerprints: Record<string, string>;
        locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
      }[];
      tool: { driver: { rules: { id: string }[] } };
    }[];
  };
  const run = (name: string, context = {}) => {
    const [only] = (
      JSON.parse(renderSarif(sample(name), context, { fallbackFile: ".github/workflows/ci.yml" })) as Sarif
    ).runs;
    if (!only) throw new Error("no run");
    return only;
  };

  test.each(
    Object.keys(samples),
  )("%s: every result has a rule, a place in the repository and an own fingerprint", (name) => {
    const { results, tool } = run(name, { reportName: "leg" });
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
      const { uri } = result.locations[0]?.physicalLocation.artifactLocation ?? { uri: "/" };
      expect(uri).toMatch(/^(?![/.]{2}|\/)[\w.%/~!'()*-]+$/);
    }
    const prints = results.map((result) => result.partialFingerprints.primaryLocationLineHash);
    expect(new Set(prints).size).toBe(prints.length);
  });

  test("fingerprints outlive another tag, version and line; categories tell legs apart", () => {
    const changed = JSON.parse(
      JSON.stringify(sample("kilo-broken")).replaceAll("1.8.4", "1.8.5").replaceAll('"line":14', '"line":20'),
    ) as Report;
    const prints = (report: Report) =>
      (JSON.parse(renderSarif(report, {}, { fallbackFile: "x" })) as Sarif).runs[0]?.results.map(
        (r) => r.partialFingerprints,
      );
    expect(prints(changed)).toEqual(prints(sample("kilo-broken")));
    expect(run("clean", { reportName: "amd64" }).automationDetails.id).toBe("netfilter-compat/amd64");
  });

  test("ignored findings open no alert", () => {
    expect(run("ignored").results).toEqual([]);
  });
});

test("ANSI only when asked", () => {
  expect(renderText(sample("kilo-broken"))).not.toContain("\u001b");
  expect(renderText(sample("kilo-broken"), {}, { color: true })).toContain("\u001b[31mFAIL\u001b[0m");
});

test.each<[string, string]>([
  ["docker-archive:out/kilo.tar", "kilo.tar"],
  ["./out/kilo.tar.gz#kilo:pr", "kilo.tar.gz#kilo:pr"],
  [`docker://ghcr.io/squat/kilo@sha256:${"a".repeat(64)}`, "ghcr.io/squat/kilo"],
  ["docker-daemon:squat/kilo:pr-1", "squat/kilo:pr-1"],
  ["oci:dist/agent", "dist/agent"],
])("%s is called %s", (reference, name) => {
  expect(shortImage(reference)).toBe(name);
});

test.each<[string, Parameters<typeof failureReason>[1], string | undefined]>([
  ["kilo-broken", { failOn: "error", failOnUnknown: false }, "2 errors"],
  ["kilo-broken", { failOn: "warning", failOnUnknown: false }, "2 errors, 2 warnings"],
  ["kilo-broken", { failOn: "never", failOnUnknown: true }, undefined],
  ["unknown", { failOn: "error", failOnUnknown: false }, undefined],
  ["unknown", { failOn: "error", failOnUnknown: true }, "3 hosts can't be judged"],
  ["existing-only", { failOn: "warning", failOnUnknown: true }, undefined],
])("%s %j fails with: %s", (name, policy, reason) => {
  expect(failureReason(sample(name), policy)).toBe(reason);
});

test("names that hold a comma are kept apart", () => {
  expect(joinNames(["Debian 12", "RHEL, Rocky Linux and AlmaLinux 8"])).toBe(
    "Debian 12; RHEL, Rocky Linux and AlmaLinux 8",
  );
  expect(joinNames(["Debian 12", "Debian 13"])).toBe("Debian 12, Debian 13");
});

test("a long source is written once for facts that follow each other, a short one each time", () => {
  const report = structuredClone(sample("kilo-broken"));
  const long = `measured with ${"many ".repeat(20)}releases`;
  const [first] = report.findings;
  if (first === undefined) throw new Error("no finding");
  first.evidence = [long, long, "short", "short", long].map((source, i) => ({ fact: `fact ${i}`, source }));
  for (const text of [renderMarkdown(report), renderText(report, {}, { width: 1000 })])
    expect(
      [...text.matchAll(/fact \d(?: \[|<br><sub>)(as above|measured|`?short)/g)].map(([, what]) =>
        what?.replace("`", ""),
      ),
    ).toEqual(["measured", "as above", "short", "short", "measured"]);
});

test("one fact with several sources is one line; digests are cut", () => {
  const evidence = [
    { fact: "people were hit by it", source: "a" },
    { fact: "package x", source: `/lib/apk/db/installed in layer sha256:${"9d4f".repeat(16)}` },
    { fact: "people were hit by it", source: "b" },
    { fact: "people were hit by it", source: "a" },
  ];
  expect(mergeEvidence(evidence)).toEqual([
    { fact: "people were hit by it", sources: ["a", "b"] },
    { fact: "package x", sources: ["/lib/apk/db/installed in layer sha256:9d4f9d4f9d4f…"] },
  ]);
});

describe("a statement at a glance", () => {
  test.each<[string, string, string]>([
    ["ipset 7.6 can't read sets of type hash:ip", "ipset 7.6 can't read sets of type hash:ip", ""],
    ["it ends. For sure", "it ends.", "For sure"],
    ["versions such as 1.8.4 are no ends", "versions such as 1.8.4 are no ends", ""],
    ["tools, e.g. Kilo's, and no end", "tools, e.g. Kilo's, and no end", ""],
    ["code `a. B` is not cut. It goes on", "code `a. B` is not cut.", "It goes on"],
    ["(brackets. Too) stay. It goes on", "(brackets. Too) stay.", "It goes on"],
    ["a pair of backticks ` alone. It goes on", "a pair of backticks ` alone. It goes on", ""],
    ["", "", ""],
  ])("%s", (message, head, rest) => {
    expect(splitMessage(message)).toEqual({ head, rest });
  });

  test("a long sentence is cut at a clause, and both parts show it", () => {
    const start = "iptables 1.8.4: listing crashes (segmentation fault) when another rule changes between its reads";
    const end = `10 to 19 of 100 runs of \`-S\` beside a busy writer${" and more".repeat(9)}. A newer libnftnl does not help`;
    expect(splitMessage(`${start}: ${end}`)).toEqual({ head: `${start} …`, rest: `… ${end}` });
  });

  test("nothing is lost and nothing is said twice", () => {
    for (const report of Object.values(samples))
      for (const { message } of report.findings) {
        const { head, rest } = splitMessage(message);
        const letters = (text: string) => text.replace(/[\s…:;,]/g, "");
        expect(letters(head) + letters(rest)).toBe(letters(message));
      }
  });
});

test("what the second line says to do is not said again in each finding", () => {
  const report = sample("kilo-broken");
  const remedy = "Raise the image's iptables to 1.8.8 or later";
  const text = renderMarkdown(report);
  expect(text.split(remedy)).toHaveLength(2);
  expect(text).toContain("**Fix:** the change named at the top");
  const log = renderText(report).replace(/\s+/g, " ");
  expect(log.split(remedy)).toHaveLength(2);
  expect(log).toContain("fix the change named at the top");
});

test("rules of a row: worst first, whichever platform they are of", () => {
  const text = renderMarkdown(sample("eight-platforms"));
  expect(text).toContain("[nft-newer-writer], [wrapper-missing]");
  expect(text).not.toContain("[wrapper-missing], [nft-newer-writer]");
});

test("of several images, those without any tool are told to be left out", () => {
  const [judged, bare] = [samples["warnings-only"]!, samples["no-tools"]!];
  const images = [...judged.images, ...bare.images.map((image) => ({ ...image, reference: "docker-archive:op.tar" }))];
  const text = renderText({ ...judged, verdict: "unknown", images }).replace(/\s+/g, " ");
  expect(text).toContain("Whether op.tar works can't be told for all 13 hosts.");
  expect(text).toContain("Do this: An image that never touches netfilter needs no check: leave it out.");
});

describe("a change that only takes a backend away", () => {
  const { images, ...rest } = samples["warnings-only"]!;
  const [image] = images;
  const [platform] = image!.platforms;
  const tool = (backend: "nft" | "legacy") => ({ name: "iptables", version: "1.8.10", backend });
  const { tools: _, ...chain } = platform!.toolchain;
  const tools = platform!.toolchain.tools.slice(0, 1).map((one) => ({ ...one, ...tool("nft") }));
  const compared = (before: ReturnType<typeof tool>[]): Report => ({
    ...rest,
    findings: rest.findings.map((finding) => ({ ...finding, existing: true })),
    images: [
      {
        ...image!,
        platforms: [
          {
            ...platform!,
            toolchain: { ...chain, tools },
            base: { reference: "base.tar", digest: image!.digest, tools: before },
          },
        ],
      },
    ],
  });

  test("is not the same tools as before", () => {
    expect(headline(compared([tool("nft"), tool("legacy")])).change).toBe(
      "iptables-legacy 1.8.10 removed: fixes and breaks nothing",
    );
    expect(headline(compared([tool("nft")])).change).toBe("The same tools as before: fixes and breaks nothing");
    expect(headline(compared([tool("legacy")])).change).toBe(
      "iptables-nft 1.8.10 added, iptables-legacy 1.8.10 removed: fixes and breaks nothing",
    );
  });

  test("and warnings that were there before ask for nothing", () => {
    const { sentence, action, isChange } = headline(compared([tool("nft")]));
    expect(sentence).toMatch(/^`kilo.tar` may break on .* as before this change; nothing new does\.$/);
    expect([action, isChange]).toEqual(["Nothing to do for this change.", false]);
    expect(headline(samples["warnings-only"]!).isChange).toBe(true);
  });
});

test("hosts whose unknown cells read the same share a row, whichever rules ask", () => {
  const report = structuredClone(samples["no-tools"]!);
  const [first, second] = report.images[0]!.platforms[0]!.cells;
  first!.missing.push({ ...first!.missing[0]!, rule: "legacy-on-nft-host" });
  expect(renderMarkdown(report).match(/^\| ❓/gm)).toHaveLength(1);
  second!.missing.push({ ...second!.missing[0]!, fact: "another fact" });
  expect(renderMarkdown(report).match(/^\| ❓/gm)).toHaveLength(2);
});

describe("all hosts", () => {
  const [platform] = sample("kilo-broken").images[0]?.platforms ?? [];
  /** The sample with a finding for all of its first hosts, which are those it is checked on. */
  const everywhere = (hosts: number): Report => {
    const report = structuredClone(sample("kilo-broken"));
    const cells = (platform?.cells ?? []).slice(0, hosts);
    report.findings = [{ ...(report.findings[0] as Report["findings"][number]), hosts: cells.map(({ host }) => host) }];
    for (const own of report.images[0]?.platforms ?? [])
      own.cells = cells.map((cell) => ({ ...cell, verdict: "fail", findings: [0], missing: [] }));
    return report;
  };

  test("are counted where they are many, and named once below", () => {
    const markdown = renderMarkdown(everywhere(5));
    expect(markdown).toContain("| ❌&nbsp;breaks | all 5 hosts<br>");
    expect(markdown).toContain("**Hosts:** all 5 hosts\n");
    expect(markdown).toContain("<summary>All 5 hosts</summary>\n\nubuntu-22.04");
    expect(renderText(everywhere(5))).toContain("hosts    all 5 hosts\n");
    expect(buildAnnotations(everywhere(5))[0]?.title).toBe("Breaks on all 5 hosts (nft-newer-writer)");
  });

  test("are named where they are few, and no list of names follows", () => {
    const markdown = renderMarkdown(everywhere(4));
    expect(markdown).not.toMatch(/all 4 hosts(?!\n)|All 4 hosts/);
    expect(markdown).toContain("**Hosts:** ubuntu-22.04");
    expect(buildAnnotations(everywhere(4))[0]?.title).toMatch(
      /^Breaks on ubuntu-22\.04.* and 2 more \(nft-newer-writer\)$/,
    );
  });
});

test("a dash in the table is explained, and only there", () => {
  const report = structuredClone(sample("three-platforms"));
  const said = "\n\n– not judged: the host does not run that platform.";
  expect(renderMarkdown(report)).not.toContain(said);
  report.images[0]?.platforms[0]?.cells.pop();
  expect(renderMarkdown(report)).toContain(said);
});

test("titles of annotations have room, whatever the hosts are called", () => {
  const report = structuredClone(sample("kilo-broken"));
  const hostTitles = new Map(
    report.findings.flatMap(({ hosts }) => hosts.map((host) => [host, `${host} ${"long ".repeat(100)}`] as const)),
  );
  for (const finding of report.findings) finding.rule = "r".repeat(60);
  const titles = buildAnnotations(report, { hostTitles }).map(({ title }) => title);
  expect(titles.length).toBeGreaterThan(0);
  for (const title of titles) expect(title.length).toBeLessThanOrEqual(255);
});
