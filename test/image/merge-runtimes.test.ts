import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scanLayer } from "../../src/image/layer.ts";
import { createBudget, defaultLimits } from "../../src/image/limits.ts";
import { mergeLayers } from "../../src/image/merge.ts";
import { UserError } from "../../src/model/error.ts";
import { keepAll } from "../support/probes.ts";
import { encodePax, type TarEntry, writeTar } from "../support/tar-writer.ts";

/**
 * What runtimes made of random stacks of layers and, at the end of the list, of odd spellings of whiteouts and links: containerd's
 * archive package 2.4.2 (with and without its conversion of whiteouts for overlayfs), Docker's go-archive 0.3.3 and
 * containers/storage 1.55.0 (UnpackLayer in one folder; Unpack for overlayfs), each unpacked in a chroot and, for overlayfs,
 * mounted with Linux 6.18. Recorded in November 2026; a runtime that failed is left out.
 * An entry is written as `FLAG NAME -> TARGET` or `FLAG NAME = CONTENT`.
 */
interface Stack {
  layers: string[][];
  /** Files and links, `PATH CONTENT` or `PATH -> TARGET`. */
  results: { runtimes: string[]; files: string[] }[];
}

const stacks = JSON.parse(readFileSync(new URL("runtimes.json", import.meta.url), "utf8")) as Stack[];

function toEntry(text: string): TarEntry {
  const [, flag = "0", name = "", linkname, content] = /^(\S) (\S+)(?: -> (\S+))?(?: = (.*))?$/.exec(text) ?? [];
  const body = flag === "g" ? encodePax({ comment: "x" }) : (content ?? "");
  return { flag, name, content: body, ...(linkname === undefined ? {} : { linkname }) };
}

async function* once(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}

async function merge({ layers }: Stack): Promise<{ files: string[]; isOpen: boolean } | UserError> {
  const options = { probe: keepAll, limits: defaultLimits, budget: createBudget(defaultLimits) };
  try {
    const scans = [];
    for (const layer of layers) scans.push(await scanLayer(once(writeTar(layer.map(toEntry))), options));
    const { tree, doubts } = mergeLayers(scans);
    const files = [...tree.walk()].flatMap(({ path, node }) => {
      if (node.type === "symlink") return [`${path} -> ${node.target}`];
      return node.type === "file" ? [`${path} ${node.content}`] : [];
    });
    return { files: files.sort(), isOpen: doubts.length > 0 };
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

test(`${stacks.length} stacks: the files of every runtime, or it is left open which are run`, async () => {
  const counts = { same: 0, open: 0, refused: 0, differ: 0 };
  for (const [index, stack] of stacks.entries()) {
    const merged = await merge(stack);
    const isDifferent = stack.results.length > 1;
    if (isDifferent) counts.differ++;
    if (merged instanceof UserError) counts.refused++;
    else if (merged.isOpen) counts.open++;
    else {
      counts.same++;
      expect(
        stack.results.map(({ files }) => files),
        `stack ${index}`,
      ).toEqual([merged.files]);
    }
  }
  // Where they differ nothing but leaving it open, or refusing, can be right; most of the others are read.
  expect(counts).toEqual({ same: 146, open: 144, refused: 10, differ: 120 });
});
