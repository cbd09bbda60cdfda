import type { DigestAlgorithm } from "./digest.ts";
import type { CheckedScan, WholeOptions } from "./toc/whole.ts";

/**
 * Where the bytes of images come from: documents and layers by name. Archives and layouts on disk are stores, so are a
 * daemon (whose answer is a docker archive) and a registry (whose names are digests).
 *
 * Names are those of an archive or OCI layout: `manifest.json`, `index.json`, `blobs/sha256/HEX`, `ID/layer.tar`.
 */
export interface BlobStore {
  has(name: string): Promise<boolean>;
  /** A small document whole; undefined when there is none. Throws a UserError when it is larger than a document may be. */
  readDocument(name: string): Promise<Buffer | undefined>;
  /**
   * The digest of a layer's bytes as they are stored; undefined where only {@link BlobStore.scan} can tell. A registry is taken
   * at its word: whoever pulls from it compares the digest.
   */
  digestOf(name: string, algorithm: DigestAlgorithm, signal: AbortSignal | undefined): Promise<string | undefined>;
  /** Reads a layer that the store has. */
  scan(name: string, options: WholeOptions): Promise<CheckedScan>;
  close(): Promise<void>;
}
