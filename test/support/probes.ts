import type { ContentProbe } from "../../src/model/image.ts";

/** Keeps every file whole, as latin1 text. */
export const keepAll: ContentProbe = () => {
  const pieces: string[] = [];
  return {
    write(chunk) {
      pieces.push(Buffer.from(chunk).toString("latin1"));
      return true;
    },
    end: () => pieces.join(""),
  };
};

/** Keeps nothing. */
export const keepNothing: ContentProbe = () => undefined;
