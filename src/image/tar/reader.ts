import { UserError } from "../../model/error.ts";
import { quote } from "../errors.ts";
import { exceeded, type ReadLimits } from "../limits.ts";
import { BLOCK, decodeHeader } from "./header.ts";
import { decodeName, decodePax } from "./pax.ts";
import type { TarHeader } from "./plain-header.ts";
import { type BodyConsumer, expandSparse, oldNumber, oldSparseNumbers, type SparseMap, toSparseMap } from "./sparse.ts";

export type { BodyConsumer } from "./sparse.ts";

/** One file of a tar archive, extended headers applied. */
export interface TarMember {
  /** As stored; not normalised. */
  name: string;
  type: "file" | "hardlink" | "symlink" | "directory" | "device" | "fifo";
  linkname: string;
  /** Bytes of the content, holes of a sparse file included. */
  size: number;
  mode: number;
  uid: number;
  gid: number;
  /** Raw bytes as latin1. */
  xattrs: Readonly<Record<string, string>>;
  /** Where its stored bytes begin in the archive. */
  offset: number;
  /** A sparse file: its stored bytes are not its content. */
  sparse: boolean;
}

/** Takes an archive in pieces of any size. */
export interface TarReader {
  /** The next piece; what it holds is not referenced afterwards. Throws a UserError at what is not tar. */
  push(chunk: Buffer): void;
  /** Bytes ahead that nobody wants: the caller may leave them out and call {@link TarReader.skip} instead. */
  skippable(): number;
  /** Says that the next bytes are left out; at most as many as are skippable. */
  skip(bytes: number): void;
  /** The archive ends here. Throws a UserError when it ends inside a file or header. */
  end(): void;
}

/** What a header announces: nothing, a further header's data, or a file. */
interface Plan {
  stored: number;
  consumer: BodyConsumer | undefined;
}

const NO_RECORDS: Map<string, string> = new Map();
const NO_XATTRS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

/**
 * Reads a tar archive strictly: v7, ustar, PAX, GNU. What cannot be read as one of these is an error; no entry is left out.
 * As with Go's reader, which container runtimes use: one block of zeros at the very end, or none, ends an archive too;
 * a GNU long name beats a PAX path, the name of a sparse file both; links, devices and directories have no body whatever
 * their size says; a slash at the end makes a directory of old archives' entries only, and of the name that counts in the end.
 * @param onMember called for each file in order; returns who wants its content
 * @param onGlobal called with the name of each header of records for all files
 */
export function createTarReader(
  onMember: (member: TarMember) => BodyConsumer | undefined,
  limits: ReadLimits,
  onGlobal?: (name: string) => void,
): TarReader {
  const block = Buffer.alloc(BLOCK);
  let blockFill = 0;
  /** Bytes read so far. */
  let position = 0;
  /** Bytes of the present body still to come, without and with padding. */
  let bodyLeft = 0;
  let paddedLeft = 0;
  let consumer: BodyConsumer | undefined;
  let zeroBlocks = 0;
  let extensions = emptyExtensions();
  /** Bytes of all extended headers. */
  let headersBytes = 0;
  /** A header of the old sparse format whose map goes on in further blocks. */
  let sparseHeader: { header: TarHeader; numbers: string[]; realSize: number } | undefined;

  function startBody(plan: Plan): void {
    bodyLeft = plan.stored;
    paddedLeft = Math.ceil(plan.stored / BLOCK) * BLOCK;
    consumer = plan.consumer;
    if (bodyLeft === 0) finishBody();
  }

  function finishBody(): void {
    const finished = consumer;
    consumer = undefined;
    finished?.end();
  }

  function onBlock(): void {
    if (sparseHeader !== undefined) {
      continueSparse(sparseHeader);
      return;
    }
    const at = position - BLOCK;
    const header = decodeHeader(block, at);
    if (header === null) zeroBlocks++;
    else if (zeroBlocks > 0) throw new UserError(`a tar header at byte ${at} follows a block of zeros`);
    else if (header.flag === "S") startSparse(header);
    else startBody(planFor(header, at));
  }

  function planFor(header: TarHeader, at: number): Plan {
    if ("xgLK".includes(header.flag)) return readExtension(header, at);
    // Solaris' own extended headers: Go's reader takes one for a file of an unknown kind, and no runtime unpacks that.
    if (header.flag === "X")
      throw new UserError(`an extended tar header of Solaris at byte ${at}: no runtime reads it`);
    // The label of a volume: no file, but what an extended header before it belongs to.
    if (header.flag === "V" && extensions.pending)
      throw new UserError(`an extended tar header before byte ${at} belongs to no file`);
    if (header.flag === "V") return { stored: header.size, consumer: undefined };
    if (header.flag === "M") throw new UserError(`a file continued from another tar volume at byte ${at}`);
    return openMember(header, undefined);
  }

  function startSparse(header: TarHeader): void {
    const numbers = oldSparseNumbers(block, 386, 4);
    const realSize = Number(oldNumber(block.subarray(483, 495)));
    sparseHeader = { header, numbers, realSize };
    if (block[482] === 0) finishSparse(sparseHeader);
  }

  function continueSparse(sparse: { header: TarHeader; numbers: string[]; realSize: number }): void {
    sparse.numbers.push(...oldSparseNumbers(block, 0, 21));
    if (sparse.numbers.length * 12 > limits.headerBytes)
      throw exceeded("header-size", limits, `sparse file before byte ${position}`);
    if (block[504] === 0) finishSparse(sparse);
  }

  function finishSparse({
    header,
    numbers,
    realSize,
  }: {
    header: TarHeader;
    numbers: string[];
    realSize: number;
  }): void {
    sparseHeader = undefined;
    if (!Number.isSafeInteger(realSize))
      throw new UserError(`impossible size of a sparse file before byte ${position}`);
    startBody(openMember(header, { map: toSparseMap(numbers, realSize), realSize, name: undefined }));
  }

  function readExtension(header: TarHeader, at: number): Plan {
    if (header.size > limits.headerBytes) throw exceeded("header-size", limits, `tar header at byte ${at}`);
    headersBytes += header.size;
    if (headersBytes > limits.headersBytes) throw exceeded("headers-size", limits);
    const data = Buffer.alloc(header.size);
    let fill = 0;
    return {
      stored: header.size,
      consumer: {
        write(chunk) {
          fill += chunk.copy(data, fill);
          return true;
        },
        end() {
          if (header.flag === "g") {
            checkGlobal(decodePax(data, at), at);
            onGlobal?.(decodeName(header.name));
            return;
          }
          extensions.pending = true;
          if (header.flag === "L") extensions.longName = cString(data);
          else if (header.flag === "K") extensions.longLink = cString(data);
          else extensions.pax = decodePax(data, at);
        },
      },
    };
  }

  /**
   * Records for all files that follow. Container runtimes pass them over, as Go's reader does; tar programs obey them.
   * A comment, or owners and times, make no difference here.
   */
  function checkGlobal(records: Map<string, string>, at: number): void {
    if (extensions.pending) throw new UserError(`an extended tar header before byte ${at} belongs to no file`);
    for (const [key, value] of records)
      if (value !== "" && (DECISIVE.has(key) || key.startsWith("GNU.sparse.")))
        throw new UserError(
          `a tar header at byte ${at} states ${quote(key)} for all files: programs differ in obeying it`,
        );
  }

  function openMember(header: TarHeader, sparse: SparseFile | undefined): Plan {
    const { longName, longLink, pax } = extensions;
    if (extensions.pending) extensions = emptyExtensions();
    const records = pax ?? NO_RECORDS;
    const stored = paxNumber(records, "size") ?? header.size;
    const paxSparse = sparse ?? readPaxSparse(records);
    const name = paxSparse?.name || longName || records.get("path") || header.name;
    const type = typeOf(header.flag, name);
    const hasBody = type === "file" || header.flag === "D";
    const linkname = longLink || records.get("linkpath") || header.linkname;
    // Before they are decoded: one character a byte.
    if (name.length > limits.pathBytes) throw exceeded("path-length", limits, quote(decodeName(name)));
    if (linkname.length > limits.linkBytes) throw exceeded("link-length", limits, quote(decodeName(name)));
    const member: TarMember = {
      name: decodeName(name),
      type,
      linkname: decodeName(linkname),
      size: type === "file" ? (paxSparse?.realSize ?? stored) : 0,
      mode: header.mode,
      uid: paxNumber(records, "uid") ?? header.uid,
      gid: paxNumber(records, "gid") ?? header.gid,
      xattrs: readXattrs(records),
      offset: position,
      sparse: paxSparse !== undefined,
    };
    const taker = type === "file" ? onMember(member) : void onMember(member);
    const expanding =
      taker !== undefined && paxSparse !== undefined
        ? expandSparse(taker, paxSparse.map, paxSparse.realSize, limits)
        : taker;
    return { stored: hasBody ? stored : 0, consumer: expanding };
  }

  function takeBody(chunk: Buffer, from: number): number {
    const take = Math.min(chunk.length - from, paddedLeft);
    const data = Math.min(take, bodyLeft);
    if (data > 0) {
      // Counted first: a consumer that throws must not see its bytes again.
      bodyLeft -= data;
      if (consumer !== undefined && !consumer.write(chunk.subarray(from, from + data))) finishBody();
      if (bodyLeft === 0) finishBody();
    }
    paddedLeft -= take;
    position += take;
    return from + take;
  }

  function takeBlock(chunk: Buffer, from: number): number {
    const take = Math.min(chunk.length - from, BLOCK - blockFill);
    chunk.copy(block, blockFill, from, from + take);
    blockFill += take;
    position += take;
    if (blockFill === BLOCK) {
      blockFill = 0;
      onBlock();
    }
    return from + take;
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        // Two blocks of zeros end an archive; tar pads it to its record size and what follows is not read.
        if (zeroBlocks >= 2) {
          position += chunk.length - at;
          return;
        }
        at = paddedLeft > 0 ? takeBody(chunk, at) : takeBlock(chunk, at);
      }
    },
    skippable: () => (consumer === undefined ? paddedLeft : 0),
    skip(bytes) {
      bodyLeft = Math.max(0, bodyLeft - bytes);
      paddedLeft -= bytes;
      position += bytes;
    },
    end() {
      if (bodyLeft > 0) throw new UserError(`it is truncated: the tar ends inside a file, at byte ${position}`);
      if (blockFill > 0 && position < BLOCK)
        throw new UserError("it is truncated, or no tar archive: it ends inside its first header");
      if (blockFill > 0) throw new UserError(`it is truncated: the tar ends inside a header, at byte ${position}`);
      if (extensions.pending || sparseHeader !== undefined)
        throw new UserError(`it is truncated: the tar ends before the file of an extended header, at byte ${position}`);
    },
  };
}

function emptyExtensions(): {
  pending: boolean;
  longName: string | undefined;
  longLink: string | undefined;
  pax: Map<string, string> | undefined;
} {
  return { pending: false, longName: undefined, longLink: undefined, pax: undefined };
}

function typeOf(flag: string, name: string): TarMember["type"] {
  switch (flag) {
    case "\0":
      return name.endsWith("/") ? "directory" : "file";
    case "1":
      return "hardlink";
    case "2":
      return "symlink";
    case "3":
    case "4":
      return "device";
    // D: a directory with the list of its names as body (GNU incremental archives)
    case "5":
    case "D":
      return "directory";
    case "6":
      return "fifo";
    default:
      // POSIX: an unknown type is read as a regular file. A slash at the end of its name means nothing.
      return "file";
  }
}

interface SparseFile {
  /** null when the body begins with it. */
  map: SparseMap | null;
  realSize: number;
  name: string | undefined;
}

function readPaxSparse(records: Map<string, string>): SparseFile | undefined {
  if (records.size === 0) return undefined;
  const realSize = paxNumber(records, "GNU.sparse.size") ?? paxNumber(records, "GNU.sparse.realsize");
  const map = records.get("GNU.sparse.map") ?? "";
  const version = `${records.get("GNU.sparse.major") ?? ""}.${records.get("GNU.sparse.minor") ?? ""}`;
  if (realSize === undefined && map === "" && version === ".") return undefined;
  if (realSize === undefined) throw new UserError("a sparse file without its size");
  const name = records.get("GNU.sparse.name");
  if (version === "1.0") return { map: null, realSize, name };
  // Without a version the map tells that it is one, and of one that is empty the number of its pieces.
  const isOld = version === "0.0" || version === "0.1" || (version === "." && map !== "");
  if (!isOld) throw new UserError("a sparse file of an unknown format");
  return { map: toSparseMap(map === "" ? [] : map.split(","), realSize), realSize, name };
}

function paxNumber(records: Map<string, string>, key: string): number | undefined {
  const text = records.get(key);
  // An empty value is none.
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new UserError(`malformed extended tar header: ${key} is ${quote(text)}`);
  return value;
}

const XATTR_PREFIX = "SCHILY.xattr.";
/** Records that decide which file an entry is. */
const DECISIVE = new Set(["path", "linkpath", "size"]);

function readXattrs(records: Map<string, string>): Readonly<Record<string, string>> {
  if (records.size === 0) return NO_XATTRS;
  let xattrs: Record<string, string> | undefined;
  for (const [key, value] of records) {
    if (!key.startsWith(XATTR_PREFIX)) continue;
    xattrs ??= Object.create(null) as Record<string, string>;
    xattrs[key.slice(XATTR_PREFIX.length)] = value;
  }
  return xattrs ?? NO_XATTRS;
}

function cString(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString("latin1", 0, end < 0 ? data.length : end);
}
