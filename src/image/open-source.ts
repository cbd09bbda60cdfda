import { constants, createReadStream, existsSync, openSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { UserError } from "../model/error.ts";
import { openArchiveFile } from "./archive-file.ts";
import { type ArchiveForm, listArchiveImages } from "./archive-images.ts";
import { openArchiveStream } from "./archive-stream.ts";
import { sniffCompression } from "./compression/decompress.ts";
import { openDaemon } from "./daemon.ts";
import { quote } from "./errors.ts";
import type { ScanOptions } from "./layer.ts";
import { openLayoutDirectory } from "./layout-directory.ts";
import { readOciDigest, readOciImages, requireImages } from "./oci-index.ts";
import type { ImageReference } from "./reference.ts";
import { type Access, openRegistry } from "./registry.ts";
import type { SourceImage } from "./source-image.ts";
import type { BlobStore } from "./store.ts";

/** Images that can be read, and where their layers are. */
export interface OpenSource {
  store: BlobStore;
  images: SourceImage[];
  /** The name asked for behind `#`. */
  name: string | undefined;
}

/**
 * Opens what a reference names and lists its images. The caller closes the store.
 * @throws UserError when it cannot be read
 */
export async function openSource(reference: ImageReference, options: ScanOptions, access: Access): Promise<OpenSource> {
  switch (reference.transport) {
    case "docker-archive":
    case "oci-archive":
      return openArchive(reference.path, reference.transport, reference.name, options);
    case "oci":
      return openLayout(reference, options);
    case "path":
      return openPath(reference, options);
    case "docker-daemon": {
      const opened = await openDaemon(reference.name, options, access);
      if ("absent" in opened) throw new UserError(opened.absent);
      return { ...opened, name: undefined };
    }
    case "registry":
      return { ...(await openRegistry(reference.name, options, access)), name: undefined };
    case "name":
      return openName(reference, options, access);
  }
}

/**
 * A bare name that is no path: an image of the daemon, or one of a registry where the name says that clearly. Nothing else is
 * pulled for it: it may be a file name with a slip.
 */
async function openName(
  { name, registry }: { name: string; registry: boolean },
  options: ScanOptions,
  access: Access,
): Promise<OpenSource> {
  const daemon = await openDaemon(name, options, access);
  if (!("absent" in daemon)) return { ...daemon, name: undefined };
  const tried = ["file: there is none of that name", `daemon: ${daemon.absent}`];
  if (!registry)
    throw new UserError(
      `not found (${[...tried, "registry: not tried, because the name does not begin with a registry's host"].join("; ")}); for an image of Docker Hub write docker://${name}`,
    );
  try {
    const { store, images } = await openRegistry(name, options, access);
    const note = `read from the registry; daemon: ${daemon.absent}`;
    return { store, images: images.map((image) => ({ ...image, notes: [...image.notes, note] })), name: undefined };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`not found (${[...tried, `registry: ${error.message}`].join("; ")})`, { cause: error });
  }
}

async function openPath(
  reference: { path: string; name?: string | undefined; digest?: string | undefined },
  options: ScanOptions,
): Promise<OpenSource> {
  const isDirectory = (await stat(reference.path)).isDirectory();
  if (isDirectory) return openLayout(reference, options);
  if (reference.digest !== undefined) throw new UserError("a digest can be asked of an OCI layout in a directory only");
  return openArchive(reference.path, "any", reference.name, options);
}

async function openLayout(
  { path, name, digest }: { path: string; name?: string | undefined; digest?: string | undefined },
  options: ScanOptions,
): Promise<OpenSource> {
  if (!(await stat(path)).isDirectory()) throw new UserError("it is no directory: pass oci-archive:PATH for a file");
  const store = openLayoutDirectory(path, options);
  if (digest !== undefined) {
    return { store, images: [await readOciDigest(store, digest, options)], name: undefined };
  }
  const listing = await readOciImages(store, options);
  if (listing !== undefined) return { store, images: requireImages(listing), name };
  const hint = (await store.has("manifest.json")) ? ": it looks like an unpacked docker archive, pack it with tar" : "";
  throw new UserError(`it is no OCI image layout: index.json is missing${hint}`);
}

async function openArchive(
  path: string,
  form: ArchiveForm,
  name: string | undefined,
  options: ScanOptions,
): Promise<OpenSource> {
  const store = await openArchiveStore(path, options);
  try {
    return { store, images: await listArchiveImages(store, form, options), name };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openArchiveStore(path: string, options: ScanOptions): Promise<BlobStore> {
  const found = await stat(path);
  if (found.isDirectory()) throw new UserError("it is a directory: pass oci:DIR for an OCI layout");
  const stream = () => createReadStream(path, { highWaterMark: 512 * 1024, signal: options.signal });
  if (found.isFIFO())
    return openArchiveStream(
      onlyOnce(() => readPipe(path, options)),
      options,
      { once: true },
    );
  if (!found.isFile()) return openArchiveStream(onlyOnce(stream), options, { once: true });
  const handle = await open(path);
  try {
    if (found.size === 0) throw new UserError("it is empty");
    if ((await sniffFile(handle)) === "none") return await openArchiveFile(handle, options);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return openArchiveStream(stream, options);
}

/**
 * Reads a named pipe. Opening one waits for somebody who writes to it, on a thread that nothing can call back: the process
 * would never end. So it is opened without waiting, and the event loop waits.
 */
function readPipe(path: string, { signal }: ScanOptions): AsyncIterable<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false, ...(signal === undefined ? {} : { signal }) });
}

async function sniffFile(handle: FileHandle) {
  const head = Buffer.alloc(4);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return sniffCompression(head.subarray(0, bytesRead));
}

function onlyOnce<T>(begin: () => T): () => T {
  let begun = false;
  return () => {
    if (begun) throw new UserError("it must be read a second time, which a pipe cannot: pass a file");
    begun = true;
    return begin();
  };
}

/** For {@link parseReference}. */
export function pathExists(path: string): boolean {
  return existsSync(path);
}

/** A hint for `docker-archive:PATH:TAG`, which is how skopeo picks an image. */
export function describeTagHint(reference: ImageReference): string {
  if (!("path" in reference)) return "";
  const colon = reference.path.lastIndexOf(":");
  if (colon <= 0 || existsSync(reference.path) || !existsSync(reference.path.slice(0, colon))) return "";
  return `; to pick an image of an archive write ${quote(`${reference.path.slice(0, colon)}#NAME:TAG`)}`;
}
