import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/model/report.ts";
import { ruleIds } from "../../src/model/rule-ids.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { readRulePage } from "../../src/rule-pages.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { type Finished, root, runCli } from "../support/spawn.ts";

const matrix = join(root, "examples/matrix.yml");
const sample = (name: string) => join(root, `examples/${name}.tar`);

const { path: folder } = scratchFolder("cli");

/** Writes a file into the test's folder, from which the command line then runs. */
function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

function checkJson(args: readonly string[]): { report: Report; run: Finished } {
  const run = runCli(["check", ...args, "--format", "json"], { cwd: folder });
  expect(run.stderr).toBe("");
  return { report: JSON.parse(run.stdout) as Report, run };
}

describe("the samples against the matrix of the story", () => {
  test("0.6.0 fails for the newer writer and for the race of 1.8.4", () => {
    const { report, run } = checkJson([sample("kilo-0.6.0"), "--config", matrix]);
    expect(run.status).toBe(1);
    expect(report.verdict).toBe("fail");
    const errors = report.findings.filter((finding) => finding.severity === "error");
    expect(errors.map((finding) => finding.rule).sort()).toEqual(["buggy-version", "nft-newer-writer"]);
    for (const error of errors) expect(error.hosts).toHaveLength(4);
    expect(errors.find((finding) => finding.rule === "nft-newer-writer")?.program).toBe("kube-router");
  });

  test("0.7.0 warns of the reported defect and of the missing legacy binaries, and passes", () => {
    const { report, run } = checkJson([sample("kilo-0.7.0"), "--config", matrix]);
    expect(run.status).toBe(0);
    expect(report.verdict).toBe("warn");
    expect(report.findings.map((finding) => [finding.rule, finding.severity]).sort()).toEqual([
      ["buggy-version", "warning"],
      ["missing-binary", "warning"],
    ]);
  });

  test("the fixed image is green on every platform and host", () => {
    const { report, run } = checkJson([sample("kilo-fixed"), "--config", matrix]);
    expect(run.status).toBe(0);
    expect(report.verdict).toBe("pass");
    const cells = report.images[0]?.platforms.flatMap((platform) => platform.cells) ?? [];
    expect(cells).toHaveLength(8);
    expect(new Set(cells.map((cell) => cell.verdict))).toEqual(new Set(["pass"]));
    expect(report.findings).toEqual([]);
  });

  test("the remedy it names for 0.6.0 are the packages of a release that is maintained, and the line that takes them", () => {
    const { report } = checkJson([sample("kilo-0.6.0"), "--config", matrix]);
    expect(new Set(report.findings.map((finding) => finding.remedy))).toEqual(
      new Set([
        "`RUN apk add --no-cache iptables iptables-legacy ipset` on a base of Alpine Linux 3.22 or later (iptables 1.8.11, ipset 7.24): that leaves neither error nor warning on the selected hosts. The image is of 3.15 and its packages of an older release: look at its /etc/apk/repositories.",
      ]),
    );
  });
});

describe("the JSON report", () => {
  test("keeps to its contract", () => {
    const { report } = checkJson([sample("kilo-0.6.0"), "--config", matrix]);
    expect(report.schemaVersion).toBe(1);
    expect(report.tool.name).toBe("netfilter-compat");
    expect(report.counts).toEqual({ errors: 2, warnings: 0, notices: 0, unknowns: 0 });
    const [image] = report.images;
    expect(image?.reference).toBe(sample("kilo-0.6.0"));
    expect(image?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const [platform] = image?.platforms ?? [];
    expect(platform?.platform).toBe("linux/amd64");
    expect(platform?.cells.map((cell) => cell.host)).toEqual([
      "ubuntu-22.04",
      "ubuntu-22.04@6.2",
      "ubuntu-24.04",
      "debian-12",
    ]);
    for (const cell of platform?.cells ?? []) {
      expect(cell.kernel).toMatch(/^\d+\.\d+/);
      expect(cell.programs).toContain("kube-router");
      for (const index of cell.findings) expect(report.findings[index]?.hosts).toContain(cell.host);
    }
    for (const finding of report.findings) {
      expect(ruleIds).toContain(finding.rule);
      expect(finding.evidence.length).toBeGreaterThan(0);
      for (const evidence of finding.evidence) {
        expect(evidence.fact).not.toBe("");
        expect(evidence.source).not.toBe("");
      }
    }
  });

  test("a saved inspection gives the same report as the image", () => {
    const inspect = runCli(["inspect", sample("kilo-fixed"), "--format", "json"]);
    expect(inspect.status).toBe(0);
    const inspection = JSON.parse(inspect.stdout) as Inspection;
    expect(inspection.images[0]?.platforms.map((platform) => platform.platform)).toEqual([
      "linux/amd64",
      "linux/arm64",
    ]);
    const file = put("inspection.json", inspect.stdout);
    const direct = checkJson([sample("kilo-fixed"), "--config", matrix]).report;
    expect(checkJson(["--toolchain", file, "--config", matrix]).report).toEqual(direct);
  });

  test("is written whole into --output, and stdout stays empty", () => {
    const run = runCli(
      ["check", sample("kilo-fixed"), "--config", matrix, "--format", "json", "--output", "out/r.json"],
      {
        cwd: folder,
      },
    );
    expect(run).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(JSON.parse(readFileSync(join(folder, "out/r.json"), "utf8")).verdict).toBe("pass");
  });
});

describe("options", () => {
  test("--fail-on and --fail-on-unknown decide the exit code", () => {
    const status = (...args: string[]) => runCli(["check", ...args, "--config", matrix]).status;
    expect(status(sample("kilo-0.6.0"), "--fail-on", "never")).toBe(0);
    expect(status(sample("kilo-0.7.0"), "--fail-on", "warning")).toBe(1);
    expect(status(sample("kilo-fixed"), "--fail-on", "warning", "--fail-on-unknown")).toBe(0);
  });

  test("--platform picks platforms, and says which there are when there is none", () => {
    const { report } = checkJson([sample("kilo-fixed"), "--config", matrix, "--platform", "linux/arm64"]);
    expect(report.images[0]?.platforms.map((platform) => platform.platform)).toEqual(["linux/arm64"]);
    const run = runCli(["check", sample("kilo-fixed"), "--platform", "linux/s390x"]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/linux\/s390x.*linux\/amd64.*linux\/arm64/);
  });

  test("--hosts takes the place of the config's selection and knows its own hosts", () => {
    const config = put(
      "own.yml",
      'hosts:\n  - {id: edge, extends: debian-12, iptables: {version: "1.8.9", backend: nft}}\n',
    );
    const { report } = checkJson([sample("kilo-fixed"), "--config", config, "--hosts", "edge, ubuntu-24.04"]);
    expect(report.images[0]?.platforms[0]?.cells.map((cell) => cell.host)).toEqual(["edge", "ubuntu-24.04"]);
  });

  test("--hosts given twice are one list, as platforms by comma are", () => {
    const hosts = ["--hosts", "debian-12", "--hosts", "ubuntu-22.04,debian-13"];
    const { report } = checkJson([sample("kilo-fixed"), ...hosts, "--platform", "linux/arm64,linux/amd64"]);
    expect(report.images[0]?.platforms.map(({ platform, cells }) => [platform, cells.map(({ host }) => host)])).toEqual(
      [
        ["linux/amd64", ["debian-12", "ubuntu-22.04", "debian-13"]],
        ["linux/arm64", ["debian-12", "ubuntu-22.04", "debian-13"]],
      ],
    );
  });

  test("--base makes what the base has too existing: it is shown and doesn't fail", () => {
    const { report, run } = checkJson([sample("kilo-0.6.0"), "--base", sample("kilo-0.6.0"), "--config", matrix]);
    expect(run.status).toBe(0);
    expect(report.findings.length).toBeGreaterThan(0);
    expect(report.findings.every((finding) => finding.existing === true)).toBe(true);
    expect(report.verdict).toBe("warn");
    expect(checkJson([sample("kilo-0.6.0"), "--base", sample("kilo-fixed"), "--config", matrix]).run.status).toBe(1);
  });

  test("fail-on-existing of the config makes what the base has too fail", () => {
    const story = readFileSync(matrix, "utf8");
    const config = put("existing.yml", `${story}\nfail-on-existing: true\n`);
    const run = runCli(["check", sample("kilo-0.6.0"), "--base", sample("kilo-0.6.0"), "--config", config], {
      cwd: folder,
    });
    expect(run.status).toBe(1);
  });

  test("--platform picks platforms of saved inspections too", () => {
    const file = put("both.json", runCli(["inspect", sample("kilo-fixed"), "--format", "json"]).stdout);
    const { report } = checkJson(["--toolchain", file, "--config", matrix, "--platform", "linux/arm64"]);
    expect(report.images[0]?.platforms.map((platform) => platform.platform)).toEqual(["linux/arm64"]);
    const run = runCli(["check", "--toolchain", file, "--platform", "linux/s390x"], { cwd: folder });
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/both\.json: .* has no linux\/s390x; it has linux\/amd64, linux\/arm64/);
  });

  test("an images entry that fits nothing is noted", () => {
    const story = readFileSync(matrix, "utf8");
    const entries = 'images:\n  - {match: "*kilo-fixed*", network: host}\n  - {match: "*calcio*", program: calico}\n';
    const { report } = checkJson([sample("kilo-fixed"), "--config", put("images.yml", `${story}\n${entries}`)]);
    expect(report.notes).toEqual([
      expect.stringMatching(/images\.yml:\d+: images entry "\*calcio\*" fits none of the checked images$/),
    ]);
  });

  test("an ignore counts until its day and is reported after it", () => {
    const story = readFileSync(matrix, "utf8");
    const ignore = (until: string) =>
      `${story}\nignore:\n  - {rule: buggy-version, host: "*", until: ${until}, reason: fixed next week}\n`;
    const held = checkJson([sample("kilo-0.6.0"), "--config", put("held.yml", ignore("2999-01-01"))]).report;
    expect(held.counts.errors).toBe(1);
    expect(held.findings.find((finding) => finding.rule === "buggy-version")?.ignored).toEqual({
      reason: "fixed next week",
      until: "2999-01-01",
    });
    const expired = checkJson([sample("kilo-0.6.0"), "--config", put("expired.yml", ignore("2020-01-01"))]).report;
    expect(expired.counts.errors).toBe(2);
    expect(expired.notes.join(" ")).toMatch(
      /expired\.yml:\d+: ignore entry for buggy-version on \* expired on 2020-01-01/,
    );
    expect(expired.findings.filter((finding) => finding.expired).map((finding) => finding.rule)).toEqual([
      "buggy-version",
    ]);
  });

  test("text and markdown begin with the verdict and the one thing to do", () => {
    const text = runCli(["check", sample("kilo-0.6.0"), "--config", matrix]).stdout.split("\n");
    expect(text[0]).toBe("FAIL  kilo-0.6.0.tar breaks on all 4 hosts.");
    expect(text[1]).toMatch(/^Do this: RUN apk add --no-cache iptables iptables-legacy ipset on a base of Alpine/);
    const markdown = runCli(["check", sample("kilo-0.6.0"), "--config", matrix, "--format", "markdown"]).stdout.split(
      "\n",
    );
    expect(markdown[0]).toContain("breaks on all 4 hosts");
    expect(markdown[1]).toContain("Alpine Linux 3.22");
  });
});

describe("other commands", () => {
  test("hosts lists the catalogue; one host shows sources", () => {
    const list = runCli(["hosts"]);
    expect(list.status).toBe(0);
    expect(list.stdout).toContain("ubuntu-22.04@6.2");
    const one = runCli(["hosts", "ubuntu-22.04"]);
    expect(one.stdout).toMatch(/iptables\s+1\.8\.7\s+seen: /);
    const json = JSON.parse(runCli(["hosts", "--format", "json"]).stdout) as { hosts: { id: string }[] };
    expect(json.hosts.length).toBeGreaterThan(100);
  });

  test("hosts --from-nodes groups nodes and names what it can't match", () => {
    const node = (name: string, osImage: string, kernelVersion: string) => ({
      metadata: { name },
      status: { nodeInfo: { osImage, kernelVersion, architecture: "amd64", kubeletVersion: "v1.35.0" } },
    });
    const nodes = {
      kind: "List",
      items: [node("a", "Ubuntu 22.04.5 LTS", "5.15.0-25-generic"), node("b", "HomeOS 1", "6.1.0")],
    };
    const run = runCli(["hosts", "--from-nodes", put("nodes.json", JSON.stringify(nodes)), "--format", "json"], {
      cwd: folder,
    });
    expect(run.status).toBe(0);
    const listed = JSON.parse(run.stdout) as { hosts: unknown[]; unmatched: string[] };
    expect(listed.hosts).toHaveLength(2);
    expect(listed.unmatched).toEqual(["b"]);
  });

  test("explain prints the page of a rule, and every rule has one", () => {
    const run = runCli(["explain", "nft-newer-writer"]);
    expect(run.status).toBe(0);
    expect(run.stdout).toBe(readRulePage("nft-newer-writer"));
    for (const id of ruleIds) expect(readRulePage(id), id).toContain(id);
  });

  test("explain without the pages says that they are missing", () => {
    cpSync(join(root, "dist"), join(folder, "alone/dist"), { recursive: true });
    const run = spawnSync(process.execPath, [join(folder, "alone/dist/cli.js"), "explain", "nft-newer-writer"], {
      timeout: 20_000,
    });
    expect(run.status).toBe(2);
    expect(String(run.stderr)).toMatch(
      /^netfilter-compat: explain: docs\/rules\/nft-newer-writer\.md is missing .*\n$/,
    );
  });

  test("a Node that is too old is named, in one line", (context) => {
    const versionOf = (node: string) =>
      spawnSync(node, ["--version"], { encoding: "utf8", timeout: 20_000 }).stdout ?? "";
    const nodes = (process.env.PATH ?? "").split(":").map((path) => join(path, "node"));
    const node = nodes.find((path) => /^v(?:1\d|2[0-3])\./.test(versionOf(path)));
    if (node === undefined) return skipTest(context, "an old Node", "none in PATH");
    const cli = join(root, "dist/cli.js");
    const { status, stdout, stderr } = spawnSync(node, [cli, "hosts"], { encoding: "utf8", timeout: 20_000 });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^netfilter-compat: needs Node 24 or later, and this is \d[^\n]*scripts\/node24\.mjs[^\n]*\n$/,
    );
  });

  test("--version and --help", () => {
    expect(runCli(["--version"]).stdout).toMatch(/^netfilter-compat \d+\.\d+\.\d+\n$/);
    expect(runCli(["--help"]).stdout).toContain("Exit codes");
  });
});

/** Wrong usage or input: one line on stderr, nothing on stdout, exit code 2, never a stack trace. */
describe("bad input", () => {
  const cases: [string, () => readonly string[], RegExp][] = [
    ["no command", () => ["frobnicate"], /unknown command "frobnicate"/],
    ["no image", () => ["check"], /name at least one image/],
    ["an unknown option", () => ["check", "x.tar", "--failon", "a"], /no option --failon; did you mean --fail-on\?/],
    [
      "an option of another command",
      () => ["inspect", "x.tar", "--hosts", "a"],
      /inspect: there is no option --hosts;/,
    ],
    ["an option that is empty", () => ["check", "x.tar", "--config", ""], /--config: is empty; leave it out/],
    ["an option twice", () => ["check", "x.tar", "--config", "a", "--config", "b"], /--config is given twice/],
    [
      "an address for a registry without TLS",
      () => ["check", sample("kilo-fixed"), "--insecure-registry", "http://localhost:5000"],
      /--insecure-registry .*"http:\/\/localhost:5000" is not the host of a registry/,
    ],
    [
      "a transport that isn't one",
      () => ["check", "docker:ghcr.io/example/agent"],
      /unknown transport; .*docker:\/\/NAME/,
    ],
    [
      "a short file that is no archive",
      () => ["check", put("short.tar", "hello\n")],
      /short\.tar: it is truncated, or no tar archive/,
    ],
    ["nodes that are empty", () => ["hosts", "--from-nodes", put("nothing.json", "")], /nothing\.json: it is empty/],
    [
      "an output that is a folder",
      () => ["check", sample("kilo-fixed"), "--output", madeFolder()],
      /a-folder: it is a folder: name/,
    ],
    ["an unknown format", () => ["check", sample("kilo-fixed"), "--format", "xml"], /--format xml: use text, json/],
    ["a file that isn't there", () => ["check", "docker-archive:none.tar"], /none\.tar/],
    ["a bare path that isn't there", () => ["check", "./none.tar"], /none\.tar/],
    ["a name that no source has", () => ["check", "no-such-image"], /no-such-image/],
    ["not an archive", () => ["check", put("text.tar", "hello\n".repeat(400))], /text\.tar/],
    ["an empty file", () => ["check", put("empty.tar", "")], /empty\.tar/],
    ["a truncated archive", () => ["check", truncated()], /truncated\.tar/],
    ["a host that doesn't exist", () => ["check", sample("kilo-fixed"), "--hosts", "ubuntu-2204"], /ubuntu-22\.04/],
    ["a config that isn't there", () => ["check", sample("kilo-fixed"), "--config", "none.yml"], /none\.yml/],
    [
      "a config that isn't YAML",
      () => ["check", sample("kilo-fixed"), "--config", put("broken.yml", "hosts: [\n")],
      /broken\.yml:\d+: not valid YAML/,
    ],
    [
      "an unquoted version",
      () => ["check", sample("kilo-fixed"), "--config", put("number.yml", "programs:\n  - {name: a, ipset: 7.20}\n")],
      /number\.yml:2: programs\[0\]\.ipset: 7\.2 is a number: put it in quotes/,
    ],
    [
      "an unknown rule",
      () => ["check", sample("kilo-fixed"), "--config", put("rule.yml", "severity: {bugy-version: error}\n")],
      /no rule "bugy-version"; did you mean buggy-version/,
    ],
    [
      "an unknown program",
      () => ["check", sample("kilo-fixed"), "--config", put("program.yml", "programs: [kube-prxy]\n")],
      /kube-proxy/,
    ],
    [
      "a version of the image's program that isn't one",
      () => [
        "check",
        sample("kilo-fixed"),
        "--config",
        put("banana.yml", 'images:\n  - {match: "*other*", program: calico@banana}\n'),
      ],
      /banana\.yml:2: images\[0\]\.program: program "calico@banana": "banana" is not a version/,
    ],
    ["a toolchain file that isn't one", () => ["check", "--toolchain", put("other.json", '{"a": 1}')], /other\.json/],
    [
      "a toolchain file without an image",
      () => [
        "check",
        "--toolchain",
        put("none.json", '{"schemaVersion": 1, "tool": {"name": "a", "version": "1"}, "images": []}'),
      ],
      /none\.json: holds no image/,
    ],
    ["an empty list of hosts", () => ["check", sample("kilo-fixed"), "--hosts", " , "], /--hosts: names no host/],
    ["a host that every object has", () => ["hosts", "constructor"], /"constructor" is no host/],
    [
      "an ignore of everything",
      () => [
        "check",
        sample("kilo-fixed"),
        "--config",
        put("all.yml", "ignore:\n  - {until: 2027-01-31, reason: r}\n"),
      ],
      /all\.yml:2: ignore\[0\]: would silence everything/,
    ],
    ["a config that is a folder", () => ["check", sample("kilo-fixed"), "--config", "."], /\.: a folder, not a file/],
    ["a config that is a link", () => ["check", sample("kilo-fixed"), "--config", link()], /link\.yml: .*not followed/],
    [
      "a config without end",
      () => ["check", sample("kilo-fixed"), "--config", put("long.yml", `#${"x".repeat(300_000)}`)],
      /long\.yml: 300001 bytes are more than a config has/,
    ],
    ["nodes that are a device", () => ["hosts", "--from-nodes", "/dev/zero"], /\/dev\/zero: not a file/],
    [
      "nodes that are a secret",
      () => ["hosts", "--from-nodes", put("secret", "hunter2 is the word")],
      /secret: not JSON/,
    ],
    ["nodes that are the kernel's", () => ["hosts", "--from-nodes", "/proc/self/environ"], /environ: it is empty/],
    [
      "a toolchain file without end",
      () => ["check", "--toolchain", put("huge.json", " ".repeat(64 * 1024 * 1024 + 1))],
      /huge\.json: \d+ bytes are more than an inspection has/,
    ],
    [
      "a name that steers the terminal",
      () => ["hosts", "\u001b[2J\u001b]0;owned\u0007\u202e\u009b31m"],
      /"<U\+001B>\[2J<U\+001B>\]0;owned<U\+0007><U\+202E><U\+009B>31m" is no host/,
    ],
    ["nodes that aren't any", () => ["hosts", "--from-nodes", put("bad-nodes.json", "[]")], /bad-nodes\.json|nodes/],
    ["an unknown rule to explain", () => ["explain", "nft-newer-witer"], /did you mean nft-newer-writer/],
    [
      "more base images than images",
      () => ["check", sample("kilo-fixed"), "--base", sample("kilo-fixed"), "--base", sample("kilo-fixed")],
      /base/,
    ],
    [
      "an output that can't be written",
      () => ["check", sample("kilo-fixed"), "--output", "/proc/none/report"],
      /\/proc\/none\/report/,
    ],
  ];

  function truncated(): string {
    const whole = readFileSync(sample("kilo-0.6.0"));
    writeFileSync(join(folder, "truncated.tar"), whole.subarray(0, whole.length / 2));
    return "truncated.tar";
  }

  function madeFolder(): string {
    mkdirSync(join(folder, "a-folder"));
    return "a-folder";
  }

  function link(): string {
    symlinkSync(matrix, join(folder, "link.yml"));
    return "link.yml";
  }

  test.each(cases)("%s", (_, args, message) => {
    const run = runCli(args(), { cwd: folder, env: { TOKEN: "hunter2" } });
    expect(run.stderr).not.toContain("hunter2");
    expect(run.status).toBe(2);
    expect(run.stdout).toBe("");
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/^netfilter-compat: [^\n]+\n$/);
    expect(run.stderr).not.toMatch(/\bat .*\.js:\d+|unexpected:/);
  });
});

/** What a shell says of the command line when nobody reads its output to the end. */
describe("output that isn't read", () => {
  function piped(args: string, into: string): Finished {
    const script = `"$0" "$1" ${args} | ${into}; exit "\${PIPESTATUS[0]}"`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath, join(root, "dist/cli.js")], {
      cwd: root,
      encoding: "utf8",
      timeout: 60_000,
    });
    return { status, stdout, stderr };
  }

  test.each(["head -1", "true"])("ends quietly: | %s", (into) => {
    const run = piped("hosts --format json", into);
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
  });

  test("leaves the verdict as it is", () => {
    expect(piped("check examples/kilo-0.6.0.tar --config examples/matrix.yml --format json", "true").status).toBe(1);
  });

  test("and one that can't be written is an error", () => {
    const run = piped("hosts --format json > /dev/full", "true");
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^netfilter-compat: [^\n]*ENOSPC[^\n]*\n$/);
  });
});
