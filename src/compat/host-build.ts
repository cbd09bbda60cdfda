import type { Host } from "../model/host.ts";
import type { NodeProgram } from "../model/program.ts";
import type { PackageRecord } from "../model/toolchain.ts";
import { iptablesVersionOnHost } from "./backend.ts";
import { buildOf, type Release } from "./encodings.ts";
import { remember } from "./remember.ts";

/** An iptables on a node: its upstream version, and what the distribution's build of it repairs besides. */
export interface NodeTool {
  version: string;
  release: Release;
}

/** A build by its version and the distribution's release of it; few are met, and each many times. */
const toolOf = remember(
  (version: string, release: string | undefined) => (release === undefined ? version : `${version}-${release}`),
  (version, release): NodeTool => ({ version, release: buildOf(version, packageOf(version, release)) }),
);

/** An upstream release. */
export function upstream(version: string): NodeTool {
  return toolOf(version, undefined);
}

/** The host's own iptables; undefined when its version is not known. */
export function hostTool({ iptables }: Host): NodeTool | undefined {
  const version = iptables.version?.value;
  if (version === undefined) return undefined;
  return toolOf(version, iptables.release?.value);
}

/** A text that is the same for tools that behave the same. */
export function keyOfTool(tool: NodeTool | undefined): string {
  if (tool === undefined || typeof tool.release === "string") return tool?.version ?? "?";
  return `${tool.version}+${tool.release.carries.join("+")}`;
}

/** The iptables that a program runs on the host; undefined when not known. */
export function iptablesOnHost(program: NodeProgram, host: Host): NodeTool | undefined {
  if (program.backend === "host") return hostTool(host);
  const version = iptablesVersionOnHost(program, host);
  return version === undefined ? undefined : upstream(version);
}

/** A release tells by its form whose it is: `17.el8_3.1`, `r2`, `3ubuntu2`. */
function packageOf(version: string, release: string | undefined): PackageRecord | undefined {
  if (release === undefined) return undefined;
  const rpm = /\.(el|fc|amzn|azl|cm|ph|oe)\d/.test(release);
  const database = rpm ? "rpm" : /^r\d+$/.test(release) ? "apk" : "dpkg";
  return { name: "iptables", version: `${version}-${release}`, database };
}
