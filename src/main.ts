import { check } from "./check.ts";
import { findDockerfile } from "./dockerfile/find.ts";
import { maskSecrets, readInputs } from "./github/inputs.ts";
import { failStep, say, warn } from "./github/log.ts";
import { publish } from "./github/publish.ts";
import { locateFindings } from "./location.ts";
import { readRuleHelp } from "./rule-pages.ts";
import { resolveSettings } from "./settings.ts";

/** The Action: inputs -> check -> publish. */
async function run(): Promise<void> {
  const { env } = process;
  const { inputs, warnings } = readInputs(env);
  maskSecrets(inputs);
  for (const warning of warnings) warn(warning);
  const folder = env.GITHUB_WORKSPACE ?? process.cwd();
  const settings = resolveSettings({
    folder,
    ...(inputs.config === undefined ? {} : { configFile: inputs.config }),
    ...(inputs.hosts === undefined ? {} : { hosts: inputs.hosts }),
    today: new Date().toISOString().slice(0, 10),
  });
  const dockerfile = findDockerfile(folder, inputs.dockerfile);
  if ("reason" in dockerfile) say(`No line for annotations: ${dockerfile.reason}.`);
  const report = await check({
    images: inputs.images,
    base: inputs.baseImages,
    platforms: inputs.platforms ?? [],
    settings,
    ...("path" in dockerfile ? { locate: locateFindings(dockerfile) } : {}),
  });
  const { config } = settings;
  await publish({
    report,
    inputs: {
      ...inputs,
      ...(inputs.failOn === undefined && config["fail-on"] !== undefined ? { failOn: config["fail-on"] } : {}),
      ...(inputs.failOnUnknown === undefined && config["fail-on-unknown"] !== undefined
        ? { failOnUnknown: config["fail-on-unknown"] }
        : {}),
      ...(inputs.comment === undefined && config.comment !== undefined ? { comment: config.comment } : {}),
    },
    env,
    hostTitles: new Map(settings.hosts.map(({ host }) => [host.id, host.title])),
    ruleHelp: readRuleHelp(),
    ...("path" in dockerfile ? { dockerfile: dockerfile.path } : {}),
    warningsShown: warnings.length,
  });
}

try {
  await run();
} catch (error) {
  failStep(error);
}
