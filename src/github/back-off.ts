/** When a failed request is sent again. Pure. */

export interface FailedRequest {
  /** 500 for what never got an answer, as the HTTP client has it. */
  status: number;
  /** Of the answer, names in lower case. */
  headers: Readonly<Record<string, string | number | undefined>>;
  /** What the answer says. */
  message: string;
  /** How often it was sent so far, from 1. */
  tries: number;
}

/** Seconds before the second and the third try; there is no fourth. */
const PAUSES = [1, 4];

/** Refusals for asking too often come as 403 or 429
 * (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit). */
export function isRateLimit({ status, headers, message }: Omit<FailedRequest, "tries">): boolean {
  if (status === 429) return true;
  const told = headers["retry-after"] !== undefined || String(headers["x-ratelimit-remaining"]) === "0";
  return status === 403 && (told || /rate limit/i.test(message));
}

/**
 * @param now seconds since 1970
 * @param left seconds that all requests together may still take
 * @returns seconds to wait; undefined where another try would change nothing, or only after `left`
 */
export function waitBeforeRetry(failed: FailedRequest, now: number, left: number): number | undefined {
  const pause = PAUSES[failed.tries - 1];
  if (pause === undefined) return undefined;
  const isLimit = isRateLimit(failed);
  if (!isLimit && failed.status < 500 && failed.status !== 408) return undefined;
  const asked = askedToWait(failed, now);
  // GitHub wants a minute at least after a 403 that names no time.
  if (asked === undefined && failed.status === 403) return undefined;
  const wait = Math.max(pause, asked ?? 0);
  return wait < left ? wait : undefined;
}

/** Seconds that the answer asks for; a date in `retry-after` is no form that GitHub uses. */
function askedToWait({ headers }: FailedRequest, now: number): number | undefined {
  const seconds = wholeNumber(headers["retry-after"]);
  if (seconds !== undefined) return seconds;
  const reset = wholeNumber(headers["x-ratelimit-reset"]);
  if (reset === undefined || String(headers["x-ratelimit-remaining"]) !== "0") return undefined;
  return Math.max(0, Math.ceil(reset - now));
}

function wholeNumber(value: string | number | undefined): number | undefined {
  return /^\d{1,12}$/.test(String(value)) ? Number(value) : undefined;
}
