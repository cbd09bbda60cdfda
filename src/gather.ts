import { readReports } from "./files/read-reports.ts";
import { readGatherInputs } from "./github/gather-inputs.ts";
import { maskSecrets } from "./github/inputs.ts";
import { failStep, say, warn } from "./github/log.ts";
import { publish } from "./github/publish.ts";
import { catalogue, toHost } from "./hosts/catalogue.ts";
import { UserError } from "./model/error.ts";
import { plainText } from "./report/escape.ts";
import { mergeReports } from "./report/merge.ts";
import { readRuleHelp } from "./rule-pages.ts";

/** The second Action: saved reports -> one comment and one verdict. */
async function run(): Promise<void> {
  const { env } = process;
  const { inputs, warnings } = readGatherInputs(env);
  maskSecrets(inputs);
  for (const warning of warnings) warn(warning);
  const saved = readReports(inputs.reports, env.GITHUB_WORKSPACE ?? process.cwd());
  if (inputs.expected !== undefined && saved.length !== inputs.expected)
    throw new UserError(
      `${saved.length} reports where input expected says ${inputs.expected}: did every job that checks upload one?`,
    );
  say(`Reports: ${saved.map(({ name }) => plainText(name, 100)).join(", ")}`);
  const report = mergeReports(saved);
  await publish({
    report,
    inputs,
    env,
    hostTitles: catalogueTitles(),
    ruleHelp: readRuleHelp(),
    // The jobs that checked have shown them already.
    annotations: false,
    warningsShown: warnings.length,
  });
}

/** Hosts of a cluster or of a config file have no title here; they go by their ids. */
function catalogueTitles(): Map<string, string> {
  const hosts = catalogue.hosts.flatMap((row) => row.kernels.map((kernel) => toHost(row, kernel)));
  return new Map(hosts.map(({ id, title }) => [id, title]));
}

try {
  await run();
} catch (error) {
  failStep(error);
}
