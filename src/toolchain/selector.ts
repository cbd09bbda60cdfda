import wrappers from "../knowledge/wrappers.json" with { type: "json" };
import type { FileTree } from "../model/image.ts";
import type { Selector } from "../model/toolchain.ts";
import type { CommandFinder, FoundCommand } from "./commands.ts";
import { probedContent } from "./content.ts";
import { evidence, type Survey } from "./survey.ts";

interface Wrapper {
  path: string;
  version: string;
  evidence: Selector["evidence"];
}

/**
 * Tells what decides the backend of `iptables`: a wrapper that it leads to; else a wrapper that is there and that it does
 * not lead to (not effective); else an unknown script, alternatives, or a plain link. A program file at the name itself has
 * no selector.
 */
export function tellSelector(tree: FileTree, survey: Survey, find: CommandFinder): Selector | undefined {
  const command = find("iptables");
  const wrappersThere = listWrappers(survey);
  const target = command?.target;
  const reached = wrappersThere.find((wrapper) => wrapper.path === target?.path);
  if (reached) return wrapperSelector(reached, true, command);
  const [idle] = wrappersThere;
  if (idle) return wrapperSelector(idle, false, command);
  if (!command) return undefined;
  const source = target ? evidence("", target.path, target.node).source : (command.via.at(-1) ?? "");
  const chain = { fact: `iptables is ${command.via.join(" -> ")}${command.dangling ? " (missing)" : ""}`, source };
  const path = command.via[0] ?? "";
  if (target && probedContent(target.node.content)?.kind === "script")
    return { kind: "script", version: null, effective: true, path: target.path, evidence: [chain] };
  if (command.via.some((step) => step.startsWith("/etc/alternatives/")))
    return { kind: "alternatives", version: null, effective: target !== undefined, path, evidence: [chain] };
  if (tree.lookup(path)?.type === "symlink")
    return { kind: "symlink", version: null, effective: target !== undefined, path, evidence: [chain] };
  return undefined;
}

function wrapperSelector(wrapper: Wrapper, effective: boolean, command: FoundCommand | undefined): Selector {
  const chain = command ? `iptables is ${command.via.join(" -> ")}` : "there is no iptables in PATH";
  return {
    kind: "iptables-wrapper",
    version: wrapper.version,
    effective,
    path: wrapper.path,
    evidence: [...wrapper.evidence, { fact: chain, source: command?.via[0] ?? "PATH of the image" }],
  };
}

function listWrappers(survey: Survey): Wrapper[] {
  const scripts = survey.scripts.flatMap(({ path, node, content }): Wrapper[] => {
    const { wrapper } = content.script;
    if (!wrapper) return [];
    const fact = `a script with ${wrapper.text}: iptables-wrapper ${wrapper.version}`;
    return [{ path, version: wrapper.version, evidence: [evidence(fact, path, node)] }];
  });
  const programs = survey.binaries.flatMap(({ path, node, content }): Wrapper[] => {
    if (content.wrapper === undefined) return [];
    const revision = content.go?.revision === undefined ? "" : `, commit ${content.go.revision}`;
    const fact = `a Go program of module ${wrappers.go.module}${revision}: iptables-wrapper ${content.wrapper}`;
    return [{ path, version: content.wrapper, evidence: [evidence(fact, path, node)] }];
  });
  return [...scripts, ...programs];
}
