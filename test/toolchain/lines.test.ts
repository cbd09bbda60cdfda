import { expect, test } from "vitest";
import { linesOf, linesWith } from "../../src/toolchain/lines.ts";
import { parseDpkgFileList, parseDpkgSums } from "../../src/toolchain/packages/dpkg.ts";
import { isWorthOwning } from "../../src/toolchain/packages/types.ts";
import { createRandom } from "../support/layer-stacks.ts";

test("the lines with a mark are those of all lines that hold it", () => {
  const random = createRandom(3);
  const pieces = ["a", "b", "\n", "\r\n", "mark", "mark", " ", "ma\nrk", "mark\n"];
  for (let run = 0; run < 3_000; run++) {
    const text = Array.from({ length: Math.floor(random() * 12) }, () => pieces[Math.floor(random() * 9)]).join("");
    expect([...linesWith(text, /mark/g)], JSON.stringify(text)).toEqual(
      [...linesOf(text)].filter((line) => line.includes("mark")),
    );
  }
});

/** Names as `isWorthOwning` knows them and such as are nearly one, in folders of both kinds. */
const NAMES = [
  ..."nftnl xtables mnl ip4tc ip6tc iptc ipset nftables ebtc netfilter_conntrack nfnetlink c".split(" "),
].flatMap((name) => [`lib${name}.so`, `lib${name}.so.1.2`, `lib${name}.a`, `xlib${name}.so`]);
const PATHS = ["/sbin/x", "/bin/x", "/usr/bin/x", "/x/bin", "/bin/x/y", "/xbin/x", "/usr/sbin/iptables"].concat(
  NAMES.flatMap((name) => [`/${name}`, `/usr/lib/${name}`, `/usr/bin/${name}`, `/usr/share/${name}/doc`]),
);

test("dpkg's lists give each path that is worth owning and no other", () => {
  const worth = PATHS.filter(isWorthOwning);
  expect(worth.length).toBeGreaterThan(60);
  const list = ["/.", "", ...PATHS, "sbin/relative", "diverted by x to: /sbin/y"].join("\n");
  expect(parseDpkgFileList(`${list}\n`)).toEqual(worth.map((path) => ({ path })));
  const md5 = "0123456789abcdef".repeat(2);
  const sums = PATHS.map((path, i) => `${md5}  ${["", "./", "/"][i % 3]}${path.slice(1)}`).join("\n");
  expect(parseDpkgSums(sums)).toEqual(worth.map((path) => ({ path, digest: `md5:${md5}` })));
});
