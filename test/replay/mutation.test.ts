import { describe, expect, test } from "vitest";
import { encodings, missedCell } from "./lab.ts";

describe("without one entry of the knowledge something is not predicted any more", () => {
  test.each([
    ["iptables writers", encodings.encodings],
    ["nft writers", encodings.nativeNft],
  ] as const)("%s: entries and effects", (_, section) => {
    const needless: string[] = [];
    for (const entry of section) {
      const rest = section.filter((one) => one !== entry);
      if (missedCell(rest, entry, entry.effects) === undefined) needless.push(entry.id);
      for (const effect of entry.effects) {
        const less = { ...entry, effects: entry.effects.filter((one) => one !== effect) };
        if (missedCell(section.map((one) => (one === entry ? less : one)), entry, [effect]) === undefined)
          needless.push(`${entry.id}: ${JSON.stringify(effect)}`);
      }
    }
    expect(needless).toEqual([]);
  });
});
