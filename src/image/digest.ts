import { createHash } from "node:crypto";
import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";

export type DigestAlgorithm = "sha256" | "sha512";

const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };

/** The parts of `sha256:HEX`; undefined when the text is no digest that we can compute. */
export function parseDigest(text: string): { algorithm: DigestAlgorithm; hex: string } | undefined {
  const match = /^(sha256|sha512):([0-9a-f]+)$/.exec(text);
  const algorithm = match?.[1] as DigestAlgorithm | undefined;
  const hex = match?.[2];
  if (algorithm === undefined || hex?.length !== HEX_LENGTH[algorithm]) return undefined;
  return { algorithm, hex };
}

/** The parts of a digest that a document states; anything else is a UserError. */
export function requireDigest(text: string): { algorithm: DigestAlgorithm; hex: string } {
  const digest = parseDigest(text);
  if (digest === undefined) throw new UserError(`${quote(text)} is not a sha256 or sha512 digest`);
  return digest;
}

/** Digest of what comes in pieces. */
export async function digestOfStream(
  source: AsyncIterable<Uint8Array>,
  algorithm: DigestAlgorithm,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of source) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return `${algorithm}:${hash.digest("hex")}`;
}

/** Digest of a whole document. */
export function digestOf(data: Uint8Array, algorithm: DigestAlgorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(data).digest("hex")}`;
}
