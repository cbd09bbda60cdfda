import { readFileSync } from "node:fs";
import { ruleIds } from "./model/rule-ids.ts";

/** The pages ship beside dist/ (and beside src/ in a checkout). */
const folder = new URL("../docs/rules/", import.meta.url);

/** The page of one rule, Markdown; undefined when it isn't there. */
export function readRulePage(rule: string): string | undefined {
  if (!(ruleIds as readonly string[]).includes(rule)) return undefined;
  try {
    return readFileSync(new URL(`${rule}.md`, folder), "utf8");
  } catch {
    return undefined;
  }
}

/** All pages there are, with their first paragraph as summary: what SARIF shows beside an alert. */
export function readRuleHelp(): Map<string, { summary: string; markdown: string }> {
  return new Map(
    ruleIds.flatMap((id): [string, { summary: string; markdown: string }][] => {
      const markdown = readRulePage(id);
      if (markdown === undefined) return [];
      const summary = markdown.split(/\n{2,}/).find((block) => block !== "" && !block.startsWith("#")) ?? id;
      return [[id, { summary: summary.replaceAll("\n", " "), markdown }]];
    }),
  );
}
