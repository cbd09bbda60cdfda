import { UserError } from "../../model/error.ts";
import { quote } from "../errors.ts";
import { exceeded, type ReadLimits } from "../limits.ts";
import { decodeName, decodePax } from "./pax.ts";
import type { TarHeader } from "./plain-header.ts";
import { type BodyConsumer, expandSparse, type SparseMap, toSparseMap } from "./sparse.ts";

/** What headers mean: files, with what the extended headers before them say. */

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

/** What follows a header: so many bytes, and who wants them. */
export interface Body {
  stored: number;
  consumer: BodyConsumer | undefined;
}

/** Headers are told to it in the order of the archive. */
export interface MemberPlanner {
  /**
   * @param at where the header stands
   * @param bodyAt where its body begins
   */
  plan(header: TarHeader, at: number, bodyAt: number): Body;
  /** The same for the header of a file in the old sparse format, whose map has been read. */
  planSparse(header: TarHeader, sparse: SparseFile, bodyAt: number): Body;
  /** An extended header waits for its file. */
  isPending(): boolean;
}

const NO_RECORDS: Map<string, string> = new Map();
const NO_XATTRS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

/**
 * Tells of each header what follows it. As with Go's reader, which container runtimes use, a GNU long name beats a PAX path, the
 * name of a sparse file both; links, devices and directories have no body whatever their size says; a slash at the end makes a
 * directory of old archives' entries only, and of the name that counts in the end.
 * @param onMember called for each file in order; returns who wants its content
 * @param onGlobal called with the name of each header of records for all files
 */
export function createMemberPlanner(
  onMember: (member: TarMember) => BodyConsumer | undefined,
  limits: ReadLimits,
  onGlobal?: (name: string) => void,
): MemberPlanner {
  let extensions = emptyExtensions();
  /** Bytes of all extended headers. */
  let headersBytes = 0;

  function plan(header: TarHeader, at: number, bodyAt: number): Body {
    if ("xgLK".includes(header.flag)) return readExtension(header, at);
    // Solaris' own extended headers: Go's reader takes one for a file of an unknown kind, and no runtime unpacks that.
    if (header.flag === "X")
      throw new UserError(`an extended tar header of Solaris at byte ${at}: no runtime reads it`);
    // The label of a volume: no file, but what an extended header before it belongs to.
    if (header.flag === "V" && extensions.pending)
      throw new UserError(`an extended tar header before byte ${at} belongs to no file`);
    if (header.flag === "V") return { stored: header.size, consumer: undefined };
    if (header.flag === "M") throw new UserError(`a file continued from another tar volume at byte ${at}`);
    return openMember(header, undefined, bodyAt);
  }

  function readExtension(header: TarHeader, at: number): Body {
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

  function openMember(header: TarHeader, sparse: SparseFile | undefined, bodyAt: number): Body {
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
      offset: bodyAt,
      sparse: paxSparse !== undefined,
    };
    const taker = type === "file" ? onMember(member) : void onMember(member);
    const expanding =
      taker !== undefined && paxSparse !== undefined
        ? expandSparse(taker, paxSparse.map, paxSparse.realSize, limits)
        : taker;
    return { stored: hasBody ? stored : 0, consumer: expanding };
  }

  return {
    plan,
    planSparse: openMember,
    isPending: () => extensions.pending,
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

/** How a file without its holes lies in the archive. */
export interface SparseFile {
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
