import { LimitError } from "../model/error.ts";
import { exceeded, type LimitName, type ReadLimits } from "../model/limits.ts";

export { defaultLimits, exceeded, type ReadLimits } from "../model/limits.ts";

/** What is left of the limits that span several layers and documents; shared by all readers of one reference, counted down. */
export interface ReadBudget {
  entries: number;
  uncompressedBytes: number;
  nameBytes: number;
  keptBytes: number;
  documentBytes: number;
  treeEntries: number;
  manifests: number;
}

const names: Readonly<Record<keyof ReadBudget, LimitName>> = {
  entries: "entries",
  uncompressedBytes: "image-size",
  nameBytes: "names-size",
  keptBytes: "kept-size",
  documentBytes: "documents-size",
  treeEntries: "tree-entries",
  manifests: "manifests",
};

/** A full budget. */
export function createBudget(limits: ReadLimits): ReadBudget {
  const { entries, uncompressedBytes, nameBytes, keptBytes, documentBytes, treeEntries, manifests } = limits;
  return { entries, uncompressedBytes, nameBytes, keptBytes, documentBytes, treeEntries, manifests };
}

/**
 * Takes from a budget.
 * @throws LimitError when there is less left
 */
export function spend(budget: ReadBudget, what: keyof ReadBudget, amount: number, limits: ReadLimits): void {
  budget[what] -= amount;
  if (budget[what] < 0) throw exceeded(names[what], limits);
}

/** True for the error of a limit: what else may be passed over, this may not. */
export function isLimit(error: unknown): error is LimitError {
  return error instanceof LimitError;
}

/** The time that an inspection may take. */
export interface Deadline {
  /** Aborted with the limit's error when the time is over. */
  signal: AbortSignal;
  /** The same for work that lets no timer run. */
  check(): void;
}

/** Begins now. The timer keeps no process alive. */
export function createDeadline(limits: ReadLimits): Deadline {
  const end = performance.now() + limits.totalSeconds * 1000;
  const controller = new AbortController();
  const error = exceeded("total-time", limits);
  setTimeout(() => controller.abort(error), limits.totalSeconds * 1000).unref();
  return {
    signal: controller.signal,
    check() {
      controller.signal.throwIfAborted();
      if (performance.now() > end) throw error;
    },
  };
}
