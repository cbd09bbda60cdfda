import type { ReadProgress } from "./image/progress.ts";

/** Shows how reading images goes on. Everything is one line of visible text: references are the user's, and no more. */

export interface ReadingReporter {
  /** Reading an image begins. */
  begin(reference: string): ImageReading;
  /** A sentence on the side. */
  say(sentence: string): void;
}

export interface ImageReading extends ReadProgress {
  end(): void;
  /** Reading ended with an error, which is told by somebody else. */
  fail(): void;
}

/** Where lines go. `show` replaces the line before it, on a terminal. */
export interface ProgressOutput {
  line(text: string): void;
  show?: (text: string) => void;
  /** Milliseconds, from any start. */
  now(): number;
}

/** Milliseconds between two looks at the terminal's line, and between two lines of a log. */
const SHOW_EVERY = 100;
const LOG_EVERY = 10_000;

/**
 * A progress line on a terminal, or in a log a line for each image when it is read and one every ten seconds meanwhile.
 * @param output `show` is there for a terminal only
 */
export function createReporter(output: ProgressOutput): ReadingReporter {
  return { begin: (reference) => beginReading(reference, output), say: (sentence) => output.line(sentence) };
}

/** Says only what the user should know, nothing of how reading goes on. */
export function createQuietReporter({ line }: Pick<ProgressOutput, "line">): ReadingReporter {
  const reading: ImageReading = { found() {}, layer() {}, bytes() {}, end() {}, fail() {} };
  return { begin: () => reading, say: line };
}

function beginReading(reference: string, { line, show, now }: ProgressOutput): ImageReading {
  const start = now();
  let told = start;
  let layers = 0;
  let done = 0;
  let bytes = 0;

  function tell(): void {
    const time = now();
    if (time - told < (show === undefined ? LOG_EVERY : SHOW_EVERY)) return;
    told = time;
    (show ?? line)(`${reference}: ${describe(time - start)}`);
  }
  function describe(milliseconds: number): string {
    const count = layers === 0 ? "" : `${done} of ${layers} layers, `;
    const rate = milliseconds < 1 ? "" : `, ${megabytes((bytes / milliseconds) * 1000)}/s`;
    return `${count}${megabytes(bytes)}${rate}`;
  }

  return {
    found(count) {
      layers = count;
    },
    layer() {
      done++;
      tell();
    },
    bytes(count) {
      bytes += count;
      tell();
    },
    end() {
      show?.("");
      if (show !== undefined) return;
      if (bytes === 0) return line(`${reference}: no layer had to be read`);
      const seconds = ((now() - start) / 1000).toFixed(1);
      line(`${reference}: ${done} ${done === 1 ? "layer" : "layers"}, ${megabytes(bytes)} read in ${seconds} s`);
    },
    fail: () => show?.(""),
  };
}

/** 10^6 bytes, as disks and registries count. */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
