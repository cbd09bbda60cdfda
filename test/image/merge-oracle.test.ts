import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scanLayer } from "../../src/image/layer.ts";
import { createBudget, defaultLimits } from "../../src/image/limits.ts";
import { mergeLayers } from "../../src/image/merge.ts";
import { UserError } from "../../src/model/error.ts";
import type { FileTree } from "../../src/model/image.ts";
import { listDisk, missingForOracle, type OracleLayer, prepareToolbox, unpackOnDisk } from "../support/layer-oracle.ts";
import { makeStack } from "../support/layer-stacks.ts";
import { keepAll } from "../support/probes.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { writeTar } from "../support/tar-writer.ts";

const STACKS = 700;
const { path: folder } = scratchFolder("oracle");

async function merge(layers: readonly OracleLayer[]): Promise<FileTree> {
  const options = { probe: keepAll, limits: defaultLimits, budget: createBudget(defaultLimits) };
  const scans = [];
  for (const layer of layers) scans.push(await scanLayer(once(writeTar(layer)), options));
  return mergeLayers(scans).tree;
}

async function* once(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}

/** In the form of `listDisk`. */
function listTree(tree: FileTree): string[] {
  const lines: string[] = [];
  for (const { path, node } of tree.walk()) {
    if (path === "/") continue;
    if (node.type === "symlink") lines.push(`${path} -> ${node.target}`);
    else if (node.type === "directory") lines.push(`${path}/ ${node.mode.toString(8)}`);
    else if (node.type === "file") lines.push(`${path} ${node.mode.toString(8)} ${node.content}`);
    else lines.push(`${path} other`);
  }
  return lines.sort();
}

test(
  `${STACKS} random stacks of layers merge to what GNU tar and a whiteout script leave on disk`,
  { timeout: 300_000 },
  async (context) => {
    const missing = missingForOracle();
    if (missing !== undefined) skipTest(context, "merging of layers against GNU tar", missing);
    const toolbox = prepareToolbox(folder);
    let compared = 0;
    for (let seed = 1; seed <= STACKS; seed++) {
      const layers = makeStack(seed);
      const root = join(folder, `${seed}`);
      mkdirSync(root);
      const unpacked = unpackOnDisk(root, toolbox, layers);
      const merged = await merge(layers).catch((error: unknown) => {
        if (error instanceof UserError) return error;
        throw error;
      });
      // What tar refuses (files below a file, links to nothing) need not merge; what it unpacks must.
      if (unpacked) {
        if (merged instanceof UserError) throw new Error(`seed ${seed}: ${merged.message}`);
        expect(listTree(merged), `seed ${seed}`).toEqual(listDisk(root));
        compared++;
      }
      rmSync(root, { recursive: true });
    }
    expect(compared).toBeGreaterThan(300);
  },
);
