import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { check } from "../../src/check.ts";
import { inspectImages } from "../../src/inspect.ts";
import { locateFindings } from "../../src/location.ts";
import type { Finding } from "../../src/model/report.ts";
import type { Inspection } from "../../src/model/toolchain.ts";
import { leadingSuggestion } from "../../src/report/headline.ts";
import { resolveSettings } from "../../src/settings.ts";
import { root } from "../support/spawn.ts";

/** From the engine's remedy to the changed line, on the sample image without its wrapper and its legacy backend. */

let inspection: Inspection;
beforeAll(async () => {
  inspection = await inspectImages([join(root, "examples/kilo-0.6.0.tar")]);
  for (const { toolchain } of inspection.images.flatMap((image) => image.platforms)) {
    toolchain.tools = toolchain.tools.filter((tool) => tool.backend !== "legacy");
    delete toolchain.selector;
    for (const name of ["iptables", "ip6tables"]) {
      const tool = toolchain.tools.find((entry) => entry.name === name);
      if (tool) toolchain.defaults[name] = { backend: "nft", via: tool.via };
    }
  }
});

async function checkWith(dockerfile: string) {
  const configFile = join(root, "examples/matrix.yml");
  const settings = resolveSettings({ folder: root, configFile, today: "2026-11-23" });
  const locate = locateFindings({ path: "Dockerfile", text: dockerfile });
  return check({ images: inspection, base: [], settings, reading: {}, locate });
}
const suggestions = (findings: Finding[]) => [
  ...new Set(findings.flatMap((finding) => finding.suggestion?.text ?? [])),
];

test("another release of the base is the whole remedy: its line", async () => {
  const report = await checkWith("# agent\nFROM alpine:3.12\nRUN apk add --no-cache iptables ipset\n");
  expect(report.verdict).toBe("fail");
  const release = /base of Alpine Linux (\d\.\d+)/.exec(report.findings[0]?.remedy ?? "")?.[1];
  expect(suggestions(report.findings)).toEqual([`FROM alpine:${release}`]);
  expect(leadingSuggestion(report)).toEqual({ file: "Dockerfile", line: 2, text: `FROM alpine:${release}` });
});

test("packages that don't come from the base: none", async () => {
  const rewritten = "FROM alpine:3.15\nRUN sed -i s/3.15/3.12/ /etc/apk/repositories && apk add iptables ipset\n";
  expect(suggestions((await checkWith(rewritten)).findings)).toEqual([]);
});
