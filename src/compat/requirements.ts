import requirementsJson from "../knowledge/requirements.json" with { type: "json" };
import type { Requirement } from "../knowledge/schema/requirements.ts";
import type { ProgramProfile } from "../model/program.ts";
import type { Cell } from "./types.ts";

/** The bundled knowledge; `npm run generate` checks it against its schema. */
const requirements = requirementsJson as Requirement[];

/** What the image's program asks of tools, or of the kernel, in the file's order. */
export function requirementsOf(cell: Pick<Cell, "image" | "toolchain">, of: "tools" | "kernel"): Requirement[] {
  return requirements.filter(({ tool, when }) => (tool === "kernel") === (of === "kernel") && applies(cell, when));
}

function applies({ image: { profile }, toolchain }: Pick<Cell, "image" | "toolchain">, when: Requirement["when"]) {
  if ("program" in when) return profile?.id === when.program && (when.native !== true || isNative(profile));
  if ("construct" in when) return profile?.writes?.value.includes(when.construct) === true;
  return toolchain.program?.libraries.some((library) => library.startsWith(`${when.module}@`)) === true;
}

/** It speaks nftables itself, in all versions that are meant. */
export function isNative({ versions }: ProgramProfile): boolean {
  return versions.length > 0 && versions.every(({ backend }) => backend.value === "native-nft");
}
