import { UserError } from "../model/error.ts";
import { createMemberIndex, memberName } from "./archive-members.ts";
import { createChannel } from "./channel.ts";
import { decompress, sniffCompression } from "./compression/decompress.ts";
import { locate, quote } from "./errors.ts";
import { gather } from "./gather.ts";
import type { LayerScan, ScanOptions } from "./layer.ts";
import { createBudget, exceeded, isLimit, type ReadLimits, spend } from "./limits.ts";
import type { BlobStore } from "./store.ts";
import { BLOCK, decodeHeader } from "./tar/header.ts";
import type { TarMember } from "./tar/members.ts";
import { createTarReader } from "./tar/reader.ts";
import type { BodyConsumer } from "./tar/sparse.ts";
import { type CheckedScan, scanWhole, type WholeOptions } from "./toc/whole.ts";

/** What became of one file of the archive. */
type Outcome = { document: Buffer } | { scan: CheckedScan } | { problem: unknown };
type Settle = (outcome: Outcome) => void;

/** Takes one file of an archive piece by piece. */
interface MemberTask {
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
}

/**
 * An archive that can only be read from front to back: compressed as a whole, or a pipe. It is read once, with each layer
 * scanned as it streams by and each document kept, because the manifest that tells which is which may come last. So no
 * copy is made, on disk or in memory; the price is that layers of images nobody asked for are read as well, one after the
 * other.
 * @param open begins to read the archive; called again only for a layer that must be read a second time
 * @param options for all layers
 * @param source.once it cannot be read again
 */
export async function openArchiveStream(
  open: () => AsyncIterable<Buffer>,
  options: ScanOptions,
  { once = false } = {},
): Promise<BlobStore> {
  const members = createMemberIndex<{ outcome?: Outcome }>(options.limits);
  await readMembers(open(), options, (member) => {
    const slot: { outcome?: Outcome } = {};
    members.add(member, slot);
    if (member.type !== "file") return undefined;
    return createSniffingTask(options, (outcome) => {
      slot.outcome = outcome;
      // Of an archive that has to be read anyway: a limit that one of its files exceeds may not end in a shorter result.
      if ("problem" in outcome && isLimit(outcome.problem)) throw locate(outcome.problem, quote(member.name));
      if ("document" in outcome) spend(options.budget, "documentBytes", outcome.document.length, options.limits);
    });
  });

  async function scan(name: string, wanted: WholeOptions): Promise<CheckedScan> {
    const found = members.find(name);
    if (found === undefined) throw new UserError(`${quote(name)} is missing`);
    const { outcome } = found.value;
    if (!isAsScanned(wanted, options)) return scanAgain(open(), found.name, wanted);
    if (wanted.toc !== undefined && !once)
      return scanAgain(open(), found.name, { ...wanted, budget: createBudget(options.limits) });
    if (outcome !== undefined && "scan" in outcome) return withoutTable(outcome.scan, wanted);
    throw outcome !== undefined && "problem" in outcome ? outcome.problem : new UserError("it is not a tar archive");
  }

  return {
    has: async (name) => members.find(name) !== undefined,
    async readDocument(name) {
      const found = members.find(name);
      if (found === undefined) return undefined;
      const { outcome } = found.value;
      if (outcome !== undefined && "document" in outcome) return outcome.document;
      throw outcome !== undefined && "problem" in outcome
        ? outcome.problem
        : new UserError(`${quote(name)} is not JSON`);
    },
    async digestOf(name, algorithm) {
      const outcome = members.find(name)?.value.outcome;
      return outcome !== undefined && "scan" in outcome && algorithm === "sha256" ? outcome.scan.digest : undefined;
    },
    scan,
    close: async () => {},
  };
}

/** That its manifest names a table of contents was not known when the layer streamed by. */
function withoutTable(scan: LayerScan, { toc }: WholeOptions): CheckedScan {
  const how = "it came through a pipe, which cannot be read a second time";
  return toc === undefined ? scan : { ...scan, table: { kind: "unclear", how } };
}

function isAsScanned(wanted: ScanOptions, done: ScanOptions): boolean {
  return (
    wanted.probe === done.probe &&
    (wanted.digestAlgorithm ?? "sha256") === "sha256" &&
    (wanted.diffIdAlgorithm ?? "sha256") === "sha256"
  );
}

async function scanAgain(source: AsyncIterable<Buffer>, name: string, options: WholeOptions): Promise<CheckedScan> {
  let outcome: Outcome = { problem: new UserError(`${quote(name)} was not there when the archive was read again`) };
  await readMembers(source, options, (member) => {
    if (member.type !== "file" || memberName(member.name) !== name) return undefined;
    return createLayerTask(options, (result) => {
      outcome = result;
    });
  });
  const result = outcome as Outcome;
  if ("scan" in result) return result.scan;
  throw "problem" in result ? result.problem : new UserError("it is not a tar archive");
}

/** Reads an archive whose files are taken by tasks, one file after the other. */
async function readMembers(
  source: AsyncIterable<Buffer>,
  { limits, signal }: ScanOptions,
  start: (member: TarMember) => MemberTask | undefined,
): Promise<void> {
  // tar is parsed synchronously and tasks are not: what one piece brings waits here.
  let waiting: (() => Promise<void>)[] = [];
  let bytesLeft = limits.uncompressedBytes;
  function enqueue(task: MemberTask): BodyConsumer {
    return {
      write(chunk) {
        waiting.push(() => task.write(chunk));
        return true;
      },
      end() {
        waiting.push(() => task.end());
      },
    };
  }
  const reader = createTarReader((member) => {
    const task = start(member);
    return task && enqueue(task);
  }, limits);
  await decompress(
    gather(source),
    async (chunk) => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) throw exceeded("image-size", limits);
      reader.push(chunk);
      const steps = waiting;
      waiting = [];
      for (const step of steps) await step();
    },
    { limits, signal },
  );
  reader.end();
}

/** Looks at a file's first block to tell what it is. */
function createSniffingTask(options: ScanOptions, settle: Settle): MemberTask {
  let head: Buffer = Buffer.alloc(0);
  let task: MemberTask | undefined;
  async function begin(): Promise<MemberTask> {
    task = chooseTask(head, options, settle);
    await task.write(head);
    return task;
  }
  return {
    async write(chunk) {
      if (task !== undefined) return task.write(chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length >= BLOCK) await begin();
    },
    async end() {
      await (task ?? (await begin())).end();
    },
  };
}

function chooseTask(head: Buffer, options: ScanOptions, settle: Settle): MemberTask {
  if (sniffCompression(head) !== "none" || isTar(head)) return createLayerTask(options, settle);
  if (/^\s*[[{]/.test(head.toString("latin1"))) return createDocumentTask(options.limits, settle);
  return {
    async write() {},
    async end() {
      settle({ problem: new UserError("it is neither a layer nor JSON") });
    },
  };
}

function isTar(head: Buffer): boolean {
  if (head.length === 0) return true;
  if (head.length < BLOCK) return false;
  try {
    decodeHeader(head.subarray(0, BLOCK), 0);
    return true;
  } catch {
    return false;
  }
}

function createLayerTask(options: WholeOptions, settle: Settle): MemberTask {
  const channel = createChannel();
  let outcome: Outcome | undefined;
  const done = scanWhole(channel.readable, options).then(
    (scan) => {
      outcome = { scan };
      channel.close();
    },
    (problem: unknown) => {
      outcome = { problem };
      channel.close();
    },
  );
  return {
    // A scan that has failed takes nothing more; the archive goes on behind the layer, which may not be needed.
    write: channel.write,
    async end() {
      channel.end();
      await done;
      if (outcome !== undefined) settle(outcome);
    },
  };
}

function createDocumentTask(limits: ReadLimits, settle: Settle): MemberTask {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    async write(chunk) {
      size += chunk.length;
      // A copy: the piece is part of a large buffer that would stay in memory with it.
      if (size <= limits.jsonBytes) chunks.push(Buffer.from(chunk));
    },
    async end() {
      if (size > limits.jsonBytes) settle({ problem: exceeded("document-size", limits) });
      else settle({ document: Buffer.concat(chunks) });
    },
  };
}
