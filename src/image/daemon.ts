import { Agent } from "node:http";
import * as z from "zod/mini";
import { UserError } from "../model/error.ts";
import { listArchiveImages } from "./archive-images.ts";
import { openArchiveStream } from "./archive-stream.ts";
import { type DaemonAddress, findDaemons } from "./daemon-address.ts";
import { errorCode, quote } from "./errors.ts";
import { describeConnection, type HttpResponse, loadHttps, readBody, sendRequest } from "./http.ts";
import { readPieces } from "./http-body.ts";
import type { ScanOptions } from "./layer.ts";
import { exceeded, type ReadLimits } from "./limits.ts";
import { READ, readingAgent, TLS_READ } from "./reading-agent.ts";
import type { Access } from "./registry.ts";
import type { SourceImage } from "./source-image.ts";
import type { BlobStore } from "./store.ts";

/** A daemon with the Docker Engine API: Docker's, or podman's by its socket. */
interface Daemon {
  /** For messages: `/var/run/docker.sock`. */
  place: string;
  limits: ReadLimits;
  get(path: string): Promise<HttpResponse>;
  close(): void;
}

/** Why nobody answered at one place. */
interface Unreachable {
  unreachable: string;
  /** Nobody listens there. */
  isDown: boolean;
}

type Opened = { store: BlobStore; images: SourceImage[] };

/** The first version in which one platform of an image can be asked for (Docker 28). */
const PLATFORM_VERSION = [1, 48] as const;
/** Bytes of answers other than images. */
const ANSWER_BYTES = 4 * 2 ** 20;

const inspectSchema = z.object({ Id: z.string(), RepoTags: z.optional(z.nullable(z.array(z.string()))) });
const errorSchema = z.object({ message: z.string() });

/**
 * Opens an image of a daemon: what `docker save` would write, as a stream, so nothing touches the disk. The caller closes the
 * store.
 * @returns `absent` with the reason when there is no daemon or it has no such image
 * @throws UserError when it has the image and that cannot be read
 */
export async function openDaemon(
  name: string,
  options: ScanOptions,
  { env, platforms }: Access,
): Promise<Opened | { absent: string }> {
  if (!isImageName(name)) return { absent: `${quote(name)} is not the name of an image` };
  const addresses = await findDaemons(env);
  if ("problem" in addresses) return { absent: addresses.problem };
  const { limits, signal } = options;
  const timeout = AbortSignal.timeout(limits.networkSeconds * 1000);
  const deadline = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const silent: Unreachable[] = [];
  for (const address of addresses) {
    const daemon = connect(address, limits, deadline);
    try {
      const found = await findImage(daemon, name);
      if ("image" in found) return await openImage(daemon, found, options, platforms);
      daemon.close();
      if ("absent" in found) return found;
      silent.push(found);
    } catch (error) {
      daemon.close();
      throw error;
    }
  }
  const hint = silent.some(({ isDown }) => isDown) ? " (start it or set DOCKER_HOST)" : "";
  return { absent: `${silent.map(({ unreachable }) => unreachable).join("; ")}${hint}` };
}

async function openImage(
  daemon: Daemon,
  { image, hasPlatforms }: { image: string; hasPlatforms: boolean },
  options: ScanOptions,
  platforms: readonly string[],
): Promise<Opened> {
  const query = hasPlatforms ? platformQuery(platforms) : "";
  const path = `/images/${encodeName(image)}/get${query}`;
  const store = await openArchiveStream(() => readImage(daemon, path), options);
  return {
    store: { ...store, close: async () => daemon.close() },
    images: await listArchiveImages(store, "any", options),
  };
}

/** The name becomes part of an address. */
function isImageName(name: string): boolean {
  return /^\w[\w.:/@-]{0,511}$/.test(name) && !name.split("/").some((part) => part === "" || /^\.+$/.test(part));
}

function encodeName(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

function connect({ place, base, socketPath, tls }: DaemonAddress, limits: ReadLimits, deadline: AbortSignal): Daemon {
  const agent =
    base.protocol === "https:" ? readingAgent(new (loadHttps().Agent)(tls), TLS_READ) : readingAgent(new Agent(), READ);
  return {
    place,
    limits,
    // A classic store packs the whole image before the first byte comes: only the deadline counts.
    get: (path) =>
      sendRequest({
        url: new URL(`${base.pathname.replace(/\/+$/, "")}${path}`, base),
        agent,
        socketPath,
        signal: deadline,
        idle: 0,
        limits,
      }),
    close: () => agent.destroy(),
  };
}

async function findImage(
  daemon: Daemon,
  name: string,
): Promise<{ image: string; hasPlatforms: boolean } | { absent: string } | Unreachable> {
  let version: string | undefined;
  let answer: HttpResponse;
  try {
    const ping = await daemon.get("/_ping");
    version = ping.header("api-version");
    ping.body.destroy();
    answer = await daemon.get(`/images/${encodeName(name)}/json`);
  } catch (error) {
    return describeUnreachable(daemon, error);
  }
  if (answer.status === 404) {
    answer.body.destroy();
    return { absent: `the daemon at ${daemon.place} has no image ${name}` };
  }
  if (answer.status !== 200) throw await describeAnswer(daemon, answer);
  return {
    image: withTag(name, await readInspection(daemon, answer)),
    hasPlatforms: isAtLeast(version, PLATFORM_VERSION),
  };
}

function describeUnreachable({ place, limits }: Daemon, error: unknown): Unreachable {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR")
    return { unreachable: `no daemon answers at ${place}`, isDown: true };
  if (code === "EACCES" || code === "EPERM")
    return { unreachable: `no permission to talk to the daemon at ${place}`, isDown: false };
  const failure = describeConnection(error);
  if (failure === undefined) throw describeTimeout(error, place, limits);
  return { unreachable: `the daemon at ${place}: ${failure.problem}`, isDown: false };
}

async function readInspection({ place }: Daemon, answer: HttpResponse): Promise<z.infer<typeof inspectSchema>> {
  try {
    return inspectSchema.parse(JSON.parse((await readBody(answer, ANSWER_BYTES))?.toString("utf8") ?? ""));
  } catch (error) {
    throw new UserError(`the daemon at ${place} answers in another form than the Docker Engine API`, { cause: error });
  }
}

/** Without a tag the API gives all tags of a repository, the docker command means `latest`. IDs have no tag. */
function withTag(name: string, { Id, RepoTags }: z.infer<typeof inspectSchema>): string {
  if (name.includes("@") || /:[^/]*$/.test(name)) return name;
  const latest = `${name}:latest`;
  const isTagged = (RepoTags ?? []).some((tag) => tag === latest || tag.endsWith(`/${latest}`));
  return !isTagged && Id.replace(/^sha256:/, "").startsWith(name) ? name : latest;
}

function isAtLeast(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = /^(\d+)\.(\d+)$/.exec(version ?? "") ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}

/** One platform can be asked for; of several, and of `linux/arm` without a variant, all are taken and chosen from. */
function platformQuery(platforms: readonly string[]): string {
  const [os, architecture, variant] = platforms.length === 1 ? (platforms[0]?.split("/") ?? []) : [];
  if (os === undefined || (architecture === "arm" && variant === undefined)) return "";
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return `?platform=${encodeURIComponent(JSON.stringify(platform))}`;
}

async function* readImage(daemon: Daemon, path: string): AsyncGenerator<Buffer> {
  try {
    const answer = await daemon.get(path);
    if (answer.status !== 200) throw await describeAnswer(daemon, answer);
    try {
      yield* readPieces(answer.body);
    } finally {
      answer.body.destroy();
    }
  } catch (error) {
    const failure = describeConnection(error);
    throw failure === undefined
      ? describeTimeout(error, daemon.place, daemon.limits)
      : new UserError(`the daemon at ${daemon.place}: ${failure.problem}`, { cause: error });
  }
}

function describeTimeout(error: unknown, place: string, limits: ReadLimits): unknown {
  return errorCode(error) === "ABORT_ERR" ? exceeded("network-time", limits, `the daemon at ${place}`) : error;
}

async function describeAnswer({ place }: Daemon, answer: HttpResponse): Promise<UserError> {
  const { status } = answer;
  let detail = "";
  try {
    const { message } = errorSchema.parse(JSON.parse((await readBody(answer, ANSWER_BYTES))?.toString("utf8") ?? ""));
    detail = ` (${quote(message)})`;
  } catch {
    // The status says enough.
  }
  return new UserError(`the daemon at ${place} answers ${status}${detail}`);
}
