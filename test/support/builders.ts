import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { hasCommand, type Root } from "./roots.ts";

/**
 * Real images from real roots, written by the tools that people's images come from: umoci and buildah make the layers,
 * skopeo rewrites them into the other forms. Every function works inside a folder of the caller's and needs no network.
 */

/** How an image is stored: the archive form and the compression of its layers. */
export const forms = ["docker-archive", "oci-gzip", "oci-zstd", "oci-plain", "oci-archive"] as const;
export type Form = (typeof forms)[number];

/** One layer of a stack: paths taken away from what is below, a tar laid over it, further changes made by hand. */
export interface LayerStep {
  /** Paths relative to the root; a directory goes with all below it. */
  remove?: string[];
  tar?: string;
  /** Gets the folder in which the file system so far is laid out; what it changes is part of the layer. */
  change?: (folder: string) => void;
}

export interface BuildOptions {
  /** GOARCH name, `amd64` unless told. */
  architecture?: string;
  /** `NAME=value` for the image config. */
  env?: string[];
  entrypoint?: string;
  /** Of layers, as buildah names it: `zstd:chunked`. */
  compression?: string;
  /** Absolute paths that a layer of their own takes away, each. */
  whiteouts?: string[];
}

/** A builder that hangs ends by this. */
const run = (command: string, args: readonly string[]) => promisify(execFile)(command, args, { timeout: 240_000 });
const defaultEnv = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

/** The tools that are missing on this machine, for a skip's reason; undefined when all are there. */
export function missingBuilders(): string | undefined {
  const missing = ["skopeo", "umoci", "buildah"].filter((name) => !hasCommand(name));
  return missing.length > 0 ? `${missing.join(", ")} not installed` : undefined;
}

/** GOARCH name of a Debian architecture. */
export function goArchitecture(debian: string): string {
  return debian === "armhf" ? "arm" : debian;
}

/**
 * An OCI layout with one image whose first gzip layer is the root's own tar, byte for byte.
 * @returns the layout as skopeo names it: `oci:FOLDER:TAG`
 */
export async function imageFromRoot(folder: string, root: Root, options: BuildOptions = {}): Promise<string> {
  const layout = join(folder, `${root.suite}-${root.architecture}`);
  const image = `${layout}:image`;
  rmSync(layout, { recursive: true, force: true });
  await run("umoci", ["init", "--layout", layout]);
  await run("umoci", ["new", "--image", image]);
  await run("umoci", ["raw", "add-layer", "--image", image, root.tar]);
  for (const path of options.whiteouts ?? []) await run("umoci", ["insert", "--image", image, "--whiteout", path]);
  // umoci adds to a list with every use of the flag.
  const env = (options.env ?? defaultEnv).flatMap((entry) => ["--config.env", entry]);
  const entrypoint = options.entrypoint ? ["--config.entrypoint", options.entrypoint] : [];
  const architecture = options.architecture ?? goArchitecture(root.architecture);
  await run("umoci", [
    "config",
    "--image",
    image,
    "--os",
    "linux",
    "--architecture",
    architecture,
    ...env,
    ...entrypoint,
  ]);
  return `oci:${image}`;
}

/**
 * An image of several layers, built by buildah: each step is one commit, so what a step removes becomes whiteouts.
 * @returns `oci:FOLDER:TAG`
 */
export async function imageFromSteps(
  folder: string,
  name: string,
  steps: LayerStep[],
  options: BuildOptions = {},
): Promise<string> {
  const buildah = buildahIn(folder);
  const layout = join(folder, name);
  rmSync(layout, { recursive: true, force: true });
  let from = "scratch";
  for (const [index, step] of steps.entries()) {
    const container = await buildah("from", "--pull-never", from);
    const mount = await buildah("mount", container);
    for (const path of step.remove ?? []) rmSync(join(mount, path), { recursive: true });
    // --keep-directory-symlink: /sbin of the layer below may be a link where this tar has a directory.
    if (step.tar) await run("tar", ["--numeric-owner", "--keep-directory-symlink", "-C", mount, "-xf", step.tar]);
    step.change?.(mount);
    await buildah("umount", container);
    const env = (options.env ?? defaultEnv).flatMap((entry) => ["--env", entry]);
    await buildah("config", "--os", "linux", "--arch", options.architecture ?? "amd64", ...env, container);
    from = `localhost/${name}:${index}`;
    await buildah("commit", "-q", container, from);
    await buildah("rm", container);
  }
  const format = options.compression === undefined ? [] : ["--compression-format", options.compression];
  await buildah("push", "-q", ...format, from, `oci:${layout}:image`);
  return `oci:${layout}:image`;
}

/**
 * An OCI index over images of several platforms.
 * @returns `oci-archive:FILE`
 */
export async function indexOf(
  folder: string,
  name: string,
  images: { source: string; variant?: string }[],
): Promise<string> {
  const buildah = buildahIn(folder);
  const file = join(folder, `${name}.tar`);
  rmSync(file, { force: true });
  await buildah("manifest", "create", name);
  for (const { source, variant } of images)
    await buildah("manifest", "add", ...(variant ? ["--variant", variant] : []), name, source);
  await buildah("manifest", "push", "-q", "--all", name, `oci-archive:${file}:${name}`);
  return `oci-archive:${file}`;
}

/**
 * The same image in another form.
 * @param source as skopeo names it
 * @returns a reference as this project takes it
 */
export async function copyAs(folder: string, source: string, form: Form, name = "image"): Promise<string> {
  const target = join(folder, `${name}-${form}${form.endsWith("-archive") ? ".tar" : ""}`);
  rmSync(target, { recursive: true, force: true });
  await skopeoCopy(...copyArguments(await sourceFor(folder, source, form, name), form, target));
  return form.endsWith("-archive") ? `${form}:${target}` : `oci:${target}`;
}

/** skopeo keeps the compression of its source; a docker-archive is the one form that it always writes uncompressed. */
async function sourceFor(folder: string, source: string, form: Form, name: string): Promise<string> {
  return form === "oci-plain" ? await copyAs(folder, source, "docker-archive", `${name}-uncompressed`) : source;
}

async function skopeoCopy(...args: string[]): Promise<void> {
  await run("skopeo", ["--insecure-policy", "copy", "-q", ...args]);
}

function copyArguments(source: string, form: Form, target: string): string[] {
  switch (form) {
    case "docker-archive":
      return [source, `docker-archive:${target}:example.test/netfilter-tools:1`];
    case "oci-archive":
      return [source, `oci-archive:${target}:image`];
    case "oci-gzip":
      return ["--dest-compress-format", "gzip", source, `oci:${target}:image`];
    case "oci-zstd":
      return ["--dest-compress-format", "zstd", source, `oci:${target}:image`];
    case "oci-plain":
      return ["--dest-oci-accept-uncompressed-layers", source, `oci:${target}:image`];
  }
}

/** buildah with its storage inside the folder, so that nothing of the machine's own is met or left behind. */
function buildahIn(folder: string): (...args: string[]) => Promise<string> {
  const storage = join(folder, "buildah");
  mkdirSync(storage, { recursive: true });
  const own = ["--root", join(storage, "root"), "--runroot", join(storage, "run"), "--storage-driver", "vfs"];
  return async (...args) => (await run("buildah", [...own, ...args])).stdout.trim();
}
