import { UserError } from "../model/error.ts";
import { type HttpResponse, readBody } from "./http.ts";
import { readPieces } from "./http-body.ts";
import type { RegistryClient } from "./registry-client.ts";
import { TocProblem } from "./toc/problem.ts";

/**
 * The bytes of a blob. When the connection is cut the rest is asked for by range; a server that has no ranges sends all again
 * and what was had is passed over. Only the caller, who hashes them, knows whether they are the right bytes.
 * @param size what the manifest says, undefined when it does not
 */
export async function* readRegistryBlob(
  client: RegistryClient,
  digest: string,
  size: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  let at = 0;
  for (let failures = 1; ; failures++) {
    const before = at;
    try {
      const answer = await client.get({
        path: `blobs/${digest}`,
        what: `blob ${digest}`,
        signal,
        ...(at === 0 ? {} : { headers: { range: `bytes=${at}-` } }),
      });
      let skip = bytesToSkip(answer, at, digest);
      try {
        for await (const chunk of readPieces(answer.body)) {
          const rest = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - rest.length;
          at += rest.length;
          if (size !== undefined && at > size)
            throw new UserError(`blob ${digest} has more bytes than the ${size} that its manifest says`);
          if (rest.length > 0) yield rest;
        }
      } finally {
        answer.body.destroy();
      }
      if (size === undefined || at === size) return;
      throw Object.assign(new Error("the answer ended early"), { code: "ECONNRESET" });
    } catch (error) {
      // Only tries that bring nothing count.
      if (at > before) failures = 1;
      const judged = client.judge(error, failures, signal);
      if (judged !== undefined) throw describeShort(judged, digest, at, size);
    }
    await client.pause(failures, signal);
  }
}

/**
 * A part of a blob, exactly.
 * @throws TocProblem when the server has no ranges, or gives another one
 */
export async function readRegistryRange(
  client: RegistryClient,
  digest: string,
  { from, length, signal }: { from: number; length: number; signal: AbortSignal | undefined },
): Promise<Buffer> {
  const last = from + length - 1;
  const headers = { range: `bytes=${from}-${last}` };
  for (let failures = 1; ; failures++) {
    try {
      return await readPart(
        await client.get({ path: `blobs/${digest}`, what: `blob ${digest}`, signal, headers }),
        from,
        last,
      );
    } catch (error) {
      const judged = error instanceof TocProblem ? error : client.judge(error, failures, signal);
      if (judged !== undefined) throw judged;
    }
    await client.pause(failures, signal);
  }
}

async function readPart(answer: HttpResponse, from: number, last: number): Promise<Buffer> {
  const stated = /^bytes (\d+)-(\d+)\//.exec(answer.header("content-range") ?? "");
  const isStated = Number(stated?.[1]) === from && Number(stated?.[2]) === last;
  if (answer.status !== 206 || !isStated) {
    answer.body.destroy();
    throw new TocProblem(answer.status === 206 ? OTHER_PART : "the server has no ranges");
  }
  const data = await readBody(answer, last - from + 1);
  if (data?.length !== last - from + 1) throw new TocProblem(OTHER_PART);
  return data;
}

const OTHER_PART = "the server sent another part of it than was asked for";

/** How many of the first bytes were had before. */
function bytesToSkip({ status, header }: HttpResponse, at: number, digest: string): number {
  if (status !== 206) return at;
  const from = /^bytes (\d+)-/.exec(header("content-range") ?? "")?.[1];
  if (from === undefined || Number(from) > at)
    throw new UserError(`blob ${digest}: the server sent another part of it than was asked for`);
  return at - Number(from);
}

function describeShort(error: unknown, digest: string, at: number, size: number | undefined): unknown {
  if (!(error instanceof UserError) || size === undefined || at === 0) return error;
  return at < size
    ? new UserError(`${error.message} (${at} of ${size} bytes of blob ${digest} were read)`, { cause: error })
    : error;
}
