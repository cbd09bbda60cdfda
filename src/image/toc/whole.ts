import { UserError } from "../../model/error.ts";
import { digestOf } from "../digest.ts";
import { quote } from "../errors.ts";
import {
  createByteCounter,
  createChangeCollector,
  type LayerChanges,
  type LayerScan,
  type ScanOptions,
  scanLayer,
} from "../layer.ts";
import { createBudget } from "../limits.ts";
import { compareTable, type TableVerdict } from "./compare.ts";
import { type HashedContents, hashContents, PIECE } from "./contents.ts";
import { fetchToc, type RangeReader } from "./locate.ts";
import type { TocPointer } from "./pointer.ts";
import { TocProblem, UselessToc } from "./problem.ts";
import { parseToc, type TocFile } from "./table.ts";
import { createTail, type LayerTail } from "./tail.ts";

/** How a layer is read whole. */
export interface WholeOptions extends ScanOptions {
  /** The manifest names tables of contents in the layer: they are compared with the tar. */
  toc?: readonly TocPointer[] | undefined;
  /** Bytes after which files are expected to be cut, where that is known. */
  piece?: number | undefined;
}

/** A layer read whole, and what its table of contents is worth. */
export interface CheckedScan extends LayerScan {
  /** Absent: its manifest names no table. */
  table?: TableVerdict;
}

/**
 * Reads a layer as scanLayer does. Where its manifest names a table of contents, some runtimes unpack what the table says
 * (podman and CRI-O with partial pulls, containerd with the stargz snapshotter), all others the tar: so the two are compared.
 * @param source as scanLayer takes it
 */
export async function scanWhole(source: AsyncIterable<Buffer>, options: WholeOptions): Promise<CheckedScan> {
  const { toc = [], piece = PIECE } = options;
  if (toc.length === 0) return scanLayer(source, options);
  const tails = toc.map((pointer) => ({ pointer, tail: createTail(pointer) }));
  const followed = tails.reduce((pieces, { tail }) => tail.follow(pieces), source);
  const cutsFiles = toc.some(({ format }) => format === "eStargz");
  const contents = hashContents(options.probe, cutsFiles ? piece : undefined);
  const scan = await scanLayer(followed, { ...options, probe: contents.probe });
  /** JSON digests of the tables that were read. */
  const known = new Set<string>();
  const verdicts: TableVerdict[] = [];
  for (const { pointer, tail } of tails) verdicts.push(await judge(pointer, tail, { scan, options, contents, known }));
  return {
    ...scan,
    table: RANKS.flatMap((kind) => verdicts.find((one) => one.kind === kind) ?? [])[0] as TableVerdict,
  };
}

/** What counts of several tables. */
const RANKS: readonly TableVerdict["kind"][] = ["differs", "unclear", "useless", "same"];

interface Judging {
  scan: LayerScan;
  options: WholeOptions;
  contents: HashedContents;
  known: Set<string>;
}

async function judge(
  pointer: TocPointer,
  tail: LayerTail,
  { scan, options, contents, known }: Judging,
): Promise<TableVerdict> {
  const { limits, piece = PIECE } = options;
  // containerd's name for the table of zstd:chunked, by the digest of its JSON.
  if (pointer.format === "eStargz" && scan.compression === "zstd")
    return known.has(pointer.digest)
      ? { kind: "same" }
      : { kind: "unclear", how: "the manifest names a table of eStargz in a layer of zstd" };
  try {
    const read: RangeReader = async (from, length) => tail.read(from, length);
    const { json, dataEnd } = await fetchToc(pointer, tail.size(), read, limits);
    known.add(digestOf(json));
    const files = parseToc(json, dataEnd, { anyName: true });
    const table = { files, changes: listChanges(files, options), format: pointer.format };
    return compareTable(scan, table, contents, piece);
  } catch (error) {
    if (error instanceof UselessToc) return { kind: "useless", how: error.message };
    if (error instanceof TocProblem || error instanceof UserError) return { kind: "unclear", how: error.message };
    throw error;
  }
}

/** What the table alone makes of the layer. It has the limits of a layer for itself. */
function listChanges(files: readonly TocFile[], { limits }: ScanOptions): LayerChanges {
  const options = { probe: () => undefined, limits, budget: createBudget(limits) };
  const changes = createChangeCollector(options, createByteCounter(options));
  for (const { member } of files) {
    if (Math.max(member.name.length, member.linkname.length) > limits.pathBytes)
      throw new TocProblem(`its table of contents has too long a path (${quote(member.name.slice(0, 50))})`);
    changes.onMember(member);
  }
  return changes.finish("");
}
