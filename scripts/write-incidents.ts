// Writes docs/incidents.md from the incidents that the tests replay; with --check it only compares.
//
//   node scripts/node24.mjs scripts/write-incidents.ts [--check]
import { readFileSync, writeFileSync } from "node:fs";

interface Incident {
  url: string;
  category: string;
  expectRule: string | null;
  undecidable?: string;
}

const file = new URL("../docs/incidents.md", import.meta.url);
const incidents = JSON.parse(
  readFileSync(new URL("../test/replay/incidents.json", import.meta.url), "utf8"),
) as Incident[];
const open = incidents.filter((incident) => incident.undecidable !== undefined);

const cell = (text: string) => text.replaceAll("|", "\\|");
const rows = open.map(({ url, expectRule, category, undecidable }) => {
  const [, thread = url] = /^https:\/\/github\.com\/(.+)$/.exec(url) ?? [];
  return `| [${cell(thread)}](${url}) | ${cell(expectRule ?? category)} | ${cell(undecidable ?? "")} |`;
});
const text = `# Incidents that cannot be judged

${incidents.length} public incidents are replayed by \`test/replay/incidents.test.ts\`, each as an image and a host with the facts that its
thread states. ${incidents.length - open.length} of them get the verdict they deserve; the test prints the table and fails on a miss or a false alarm. The
other ${open.length} lack a fact, in the thread or in what a check of an image can know:

| thread | rule or category | what is missing |
|---|---|---|
${rows.join("\n")}
`;

if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  console.error("docs/incidents.md is stale: run npm run generate");
  process.exitCode = 1;
}
