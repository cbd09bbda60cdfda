import { vi } from "vitest";
import { inspectImages } from "../../src/inspect.ts";
import type { Toolchain } from "../../src/model/toolchain.ts";
import { missingBuilders } from "../support/builders.ts";
import { debianRoot, type Root } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

/** What vitest hands to a test; this much of it is needed. */
export interface Skippable {
  skip(note?: string): never;
}

/** Making a root takes 5 s on a quiet machine and ten times that on a busy one, or waits for another process to make it. */
const patience = 600_000;

/** A folder for the images of one test file, removed after its last test. */
export function createWorkshop(): string {
  vi.setConfig({ testTimeout: patience });
  return scratchFolder("images").path;
}

/** The root of a suite; skips the test, counted and with the reason, where this machine cannot have it. */
export async function needRoot(context: Skippable, suite: string, architecture = "amd64"): Promise<Root> {
  const what = `Debian ${suite}, ${architecture}`;
  const missing = missingBuilders();
  if (missing) return skipTest(context, what, missing);
  const result = await debianRoot(suite, architecture);
  return result.ok ? result.root : skipTest(context, what, result.reason);
}

/** The toolchain of the only platform of the only image. */
export async function inspectOne(reference: string): Promise<Toolchain> {
  const { images } = await inspectImages([reference]);
  const [image] = images;
  const [platform] = image?.platforms ?? [];
  if (images.length !== 1 || image?.platforms.length !== 1 || !platform)
    throw new Error(`${reference} should hold one image for one platform`);
  return platform.toolchain;
}
