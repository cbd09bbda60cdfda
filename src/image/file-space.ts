import type { FileNode } from "../model/image.ts";
import type { FileTable } from "./file-table.ts";

/** The regular files of several layers under one numbering, so that a number is all that a tree holds of each. */
export interface FileSpace {
  /** Where a layer's file stands in the numbering. @param layer index of the layer */
  numberOf(layer: number, file: number): number;
  /** The layer's table and the number in it. */
  find(number: number): { files: FileTable; file: number };
  /** As {@link FileTable.node}. */
  node(number: number): FileNode;
  /** As {@link FileTable.hasContent}. */
  hasContent(number: number): boolean;
  /** As {@link FileTable.peek}. */
  peek(number: number): FileNode;
}

/** @param tables complete: what is added later has no number */
export function createFileSpace(tables: readonly FileTable[]): FileSpace {
  const starts: number[] = [];
  let total = 0;
  for (const table of tables) {
    starts.push(total);
    total += table.length;
  }

  /** The last layer that begins at or before the number; of layers without files, all but the last begin there too. */
  function layerOf(number: number): number {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= number) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function find(number: number): { files: FileTable; file: number } {
    const layer = layerOf(number);
    return { files: tables[layer] as FileTable, file: number - (starts[layer] as number) };
  }

  return {
    numberOf: (layer, file) => (starts[layer] as number) + file,
    find,
    node(number) {
      const { files, file } = find(number);
      return files.node(file);
    },
    hasContent(number) {
      const { files, file } = find(number);
      return files.hasContent(file);
    },
    peek(number) {
      const { files, file } = find(number);
      return files.peek(file);
    },
  };
}
