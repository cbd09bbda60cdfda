import type { FileNode } from "../model/image.ts";

/**
 * The regular files of one layer, by number in the order of its tar. Of most files nobody ever asks more than that they are
 * there, and there may be a million: their figures stand in columns outside the garbage collector's reach, and a node is made
 * when somebody asks for one.
 */
export interface FileTable {
  /** How many there are. */
  readonly length: number;
  /** @returns the file's number */
  add(file: Pick<FileNode, "size" | "mode" | "uid" | "gid" | "xattrs">): number;
  /** A sink was shown the file's content. @param closely it was worth more than a passing look */
  markShown(file: number, closely?: boolean): void;
  isShown(file: number, closely?: boolean): boolean;
  /** Sets what was kept of the content, also in nodes that were made before. */
  setContent(file: number, content: unknown): void;
  /** Something was kept of the content. */
  hasContent(file: number): boolean;
  /** The file as a node: the same one each time. */
  node(file: number): FileNode;
  /** The same for a passing look: the node is not remembered. */
  peek(file: number): FileNode;
  /** Digest of the layer; known when all of it was read. */
  layer: string;
}

type Attributes = Pick<FileNode, "mode" | "uid" | "gid">;

const SHOWN = 0x8000_0000;
const SHOWN_CLOSELY = 0x4000_0000;
const MARKS = SHOWN | SHOWN_CLOSELY;
const NO_XATTRS: FileNode["xattrs"] = Object.freeze(Object.create(null) as Record<string, string>);

/** An empty table. */
export function createFileTable(): FileTable {
  let count = 0;
  let sizes = new Float64Array(256);
  /** Index into `attributes`, and whether and how a sink was shown the file. */
  let kinds = new Uint32Array(256);
  const attributes = createAttributeList();
  const xattrs = new Map<number, FileNode["xattrs"]>();
  const contents = new Map<number, unknown>();
  const nodes = new Map<number, FileNode>();

  function grow(): void {
    const wider = { sizes: new Float64Array(count * 2), kinds: new Uint32Array(count * 2) };
    wider.sizes.set(sizes);
    wider.kinds.set(kinds);
    ({ sizes, kinds } = wider);
  }

  const table: FileTable = {
    layer: "",
    get length() {
      return count;
    },
    add(file) {
      if (count === sizes.length) grow();
      sizes[count] = file.size;
      kinds[count] = attributes.indexOf(file);
      if (Object.keys(file.xattrs).length > 0) xattrs.set(count, file.xattrs);
      return count++;
    },
    markShown(file, closely = false) {
      kinds[file] = (kinds[file] as number) | (closely ? MARKS : SHOWN);
    },
    isShown: (file, closely = false) => ((kinds[file] as number) & (closely ? SHOWN_CLOSELY : SHOWN)) !== 0,
    setContent(file, content) {
      if (content !== undefined) contents.set(file, content);
      const node = nodes.get(file);
      if (node !== undefined) node.content = content;
    },
    hasContent: (file) => contents.has(file),
    node(file) {
      const node = table.peek(file);
      nodes.set(file, node);
      return node;
    },
    peek(file) {
      const known = nodes.get(file);
      if (known !== undefined) return known;
      const { mode, uid, gid } = attributes.at((kinds[file] as number) & ~MARKS);
      return {
        type: "file",
        size: sizes[file] as number,
        mode,
        uid,
        gid,
        xattrs: xattrs.get(file) ?? NO_XATTRS,
        layer: table.layer,
        content: contents.get(file),
      };
    },
  };
  return table;
}

/** Distinct modes and owners: a few dozen in most layers. */
function createAttributeList(): { indexOf(one: Attributes): number; at(index: number): Attributes } {
  const list: Attributes[] = [];
  const indices = new Map<string, number>();
  let last = 0;
  return {
    indexOf({ mode, uid, gid }) {
      const same = list[last];
      // Files with the same ones mostly follow each other.
      if (same !== undefined && same.mode === mode && same.uid === uid && same.gid === gid) return last;
      const key = `${mode} ${uid} ${gid}`;
      last = indices.get(key) ?? list.push({ mode, uid, gid }) - 1;
      indices.set(key, last);
      return last;
    },
    at: (index) => list[index] as Attributes,
  };
}
