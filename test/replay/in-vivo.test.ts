import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { effectsOf } from "../../src/compat/encodings.ts";
import { boundaryConstructs } from "../../src/model/program.ts";
import { upstreamVersion } from "../../src/model/version.ts";
import { debianRoot, packageVersions } from "../support/roots.ts";
import { recordSkip, skipTest } from "../support/skip.ts";

/**
 * The prediction against this machine's kernel: one Debian release's iptables-nft writes a rule in a fresh network namespace,
 * another's lists it and passes it through save | restore.
 */

const suites = ["bullseye", "bookworm", "trixie", "sid"];

const rules: Record<(typeof boundaryConstructs)[number], string> = {
  "address-prefix": "-s 10.42.0.0/16 -j ACCEPT",
  "mark-match": "-m mark --mark 0x8000/0x8000 -j DROP",
  port: "-p tcp --dport 80 -j ACCEPT",
  "port-range": "-p tcp --dport 8000:8080 -j ACCEPT",
  "tcp-flags": "-p tcp --syn -j ACCEPT",
  nflog: "-j NFLOG --nflog-group 5",
};

interface Release {
  version: string;
  folder: string;
}
let releases: Release[] = [];

/** Writes, lists, saves and restores, and lists again with the newest: one namespace, gone afterwards. */
const script = `
chroot "$1" iptables-nft -A INPUT $4 || exit 90
echo "@before"; chroot "$3" iptables-nft -t filter -S INPUT
echo "@list"; chroot "$2" iptables-nft -t filter -S; echo "@code $?"
chroot "$2" iptables-nft-save -t filter 2>/dev/null | chroot "$2" iptables-nft-restore
echo "@after"; chroot "$3" iptables-nft -t filter -S INPUT
`;

interface Seen {
  code: number;
  listed: string;
  before: string;
  after: string;
}

function observe(writer: Release, reader: Release, newest: Release, rule: string): Seen | undefined {
  const args = ["--net", "sh", "-c", script, "sh", writer.folder, reader.folder, newest.folder, rule];
  const { stdout, status } = spawnSync("unshare", args, { encoding: "utf8", timeout: 60_000 });
  if (status === 90) return undefined;
  const part = (name: string) =>
    (stdout.split(`@${name}`)[1] ?? "")
      .split("@")[0]!
      .split("\n")
      .filter((line) => line.startsWith("-A INPUT"))
      .join("\n");
  const code = Number(/@code (\d+)/.exec(stdout)?.[1] ?? "-1");
  return { code, listed: part("list"), before: part("before"), after: part("after") };
}

beforeAll(async () => {
  const roots = await Promise.all(suites.map((suite) => debianRoot(suite)));
  releases = roots.flatMap((result, index): Release[] => {
    if (!result.ok) {
      recordSkip({ what: `rules in vivo, Debian ${suites[index]}`, reason: result.reason });
      return [];
    }
    const version = upstreamVersion(packageVersions(result.root.folder).get("iptables") ?? "");
    return version === undefined ? [] : [{ version, folder: result.root.folder }];
  });
}, 600_000);

describe("what a reader does with a writer's rule", () => {
  test.for([...boundaryConstructs])(
    "%s: the kernel agrees with the prediction for every pair",
    { timeout: 300_000 },
    (construct, context) => {
      const what = `rules in vivo: ${construct}`;
      const newest = releases.at(-1);
      if (newest === undefined) skipTest(context, what, "no Debian root to write and read with");
      const own = new Map(releases.map((one) => [one.version, observe(one, one, newest, rules[construct])]));
      if ([...own.values()].some((seen) => seen === undefined || seen.code !== 0)) {
        skipTest(context, what, "this kernel or this sandbox has no nf_tables to write to");
      }
      const disagreements: string[] = [];
      for (const writer of releases) {
        for (const reader of releases) {
          const seen = observe(writer, reader, newest, rules[construct])!;
          const spellings = [
            own.get(reader.version)?.listed,
            own.get(writer.version)?.listed,
            own.get(newest.version)?.listed,
          ];
          const listed = seen.code !== 0 ? "refused" : spellings.includes(seen.listed) ? "ok" : "misread";
          const restored = seen.after === seen.before ? "ok" : "rewritten";
          const predicted = predict(writer.version, reader.version, construct);
          const pair = `${writer.version} -> ${reader.version}`;
          if (listed !== predicted.list)
            disagreements.push(`${pair} list: predicted ${predicted.list}, seen ${listed} (${seen.listed})`);
          if (restored !== predicted.restore)
            disagreements.push(
              `${pair} save | restore: predicted ${predicted.restore}, seen ${restored} (${seen.after})`,
            );
        }
      }
      console.log(`${construct}: ${releases.length ** 2} pairs of ${releases.map((one) => one.version).join(", ")}`);
      expect(disagreements).toEqual([]);
    },
  );
});

function predict(writer: string, reader: string, construct: string): { list: string; restore: string } {
  const effects = effectsOf(writer, reader, construct);
  const list = effects.find((effect) => effect.operations.includes("list") && (effect.forms?.includes("-S") ?? true));
  const restore = effects.some(
    (effect) => effect.operations.includes("save-restore") && effect.outcome === "rewritten",
  );
  return {
    list: list === undefined || list.outcome === "announced" ? "ok" : list.outcome,
    restore: restore ? "rewritten" : "ok",
  };
}
