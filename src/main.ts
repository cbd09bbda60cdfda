import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expandBuildMetadata } from "./build-metadata.ts";
import { check } from "./check.ts";
import { credentialsFor } from "./credentials.ts";
import { findDockerfile } from "./dockerfile/find.ts";
import { maskSecrets, readInputs } from "./github/inputs.ts";
import { failStep, say, warn } from "./github/log.ts";
import { publish } from "./github/publish.ts";
import { locateFindings } from "./location.ts";
import { given } from "./model/given.ts";
import type { Inspection } from "./model/toolchain.ts";
import { createReporter } from "./progress.ts";
import { plainText } from "./report/escape.ts";
import { readRuleHelp } from "./rule-pages.ts";
import { readReportedImages } from "./saved-inspections.ts";
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
    ...given({ configFile: inputs.config, hosts: inputs.hosts }),
    today: new Date().toISOString().slice(0, 10),
  });
  const dockerfile = findDockerfile(folder, inputs.dockerfile);
  if ("reason" in dockerfile) say(`No line for annotations: ${dockerfile.reason}.`);
  const images = expandBuildMetadata(inputs.images, folder);
  const baseImages = expandBuildMetadata(inputs.baseImages, folder);
  const credentials = credentialsFor({ username: inputs.registryUsername, password: inputs.registryPassword }, [
    ...images,
    ...baseImages,
  ]);
  const report = await check({
    images,
    base: inputs.baseReports.length > 0 ? readBase(inputs.baseReports, folder) : baseImages,
    settings,
    reading: {
      reporter: createReporter({ line: say, now: () => performance.now() }),
      ...given({
        platforms: inputs.platforms,
        cache: inputs.cache === undefined ? undefined : resolve(folder, inputs.cache),
        credentials,
        insecureRegistries: inputs.insecureRegistries,
        lazy: inputs.lazy,
      }),
    },
    ...("path" in dockerfile ? { locate: locateFindings(dockerfile) } : {}),
  });
  const { config } = settings;
  await publish({
    report,
    inputs: {
      ...given({
        failOn: config["fail-on"],
        failOnUnknown: config["fail-on-unknown"],
        failOnExisting: config["fail-on-existing"],
        comment: config.comment,
      }),
      ...inputs,
    },
    env,
    hostTitles: new Map(settings.hosts.map(({ host }) => [host.id, host.title])),
    ruleHelp: readRuleHelp(),
    ...("path" in dockerfile ? { dockerfile: dockerfile.path } : {}),
    warningsShown: warnings.length,
  });
}

/** What was in the images of saved reports. Before the target branch has a report nothing can be compared, and nothing is
 * hidden: all findings count as new. */
function readBase(files: readonly string[], folder: string): Inspection | [] {
  const absent = files.find((file) => !existsSync(resolve(folder, file)));
  if (absent !== undefined) {
    warn(`input base-report: there is no ${plainText(absent)}; without it all findings count as new`);
    return [];
  }
  return readReportedImages(files, folder);
}

try {
  await run();
} catch (error) {
  failStep(error);
}
