// How long the engine takes: 1,000 hosts x 20 programs x 10 platforms, and half of each, to see that it grows with the product.
//
//   node scripts/node24.mjs bench/engine.ts
import { evaluatePlatform } from "../src/compat/engine.ts";
import { catalogue, toHost } from "../src/hosts/catalogue.ts";
import { findKernels } from "../src/hosts/kernels.ts";
import { resolveProgram } from "../src/hosts/programs.ts";
import { inspectImages } from "../src/inspect.ts";
import { contextOf } from "../src/settings.ts";

const rows = catalogue.hosts.flatMap((row) => findKernels(row, "*").map((kernel) => toHost(row, kernel)));
const names = [
  "kubelet@1.35",
  "kubelet@1.37",
  "kube-proxy@1.35",
  "kube-proxy@1.28",
  "kube-router@2.1",
  "calico@3.30",
  "docker",
  "flannel",
];
const inspection = await inspectImages([new URL("../examples/kilo-0.6.0.tar", import.meta.url).pathname]);
const toolchain = inspection.images[0]?.platforms[0]?.toolchain;
if (toolchain === undefined) throw new Error("the sample has no platform");

/** CPU seconds for one matrix. */
function measure(hosts: number, programs: number, platforms: number): number {
  const list = Array.from({ length: programs }, (_, i) => resolveProgram(names[i % names.length] ?? "docker"));
  const selected = Array.from({ length: hosts }, (_, i) => ({
    host: { ...rows[i % rows.length]!, id: `host-${i}` },
    programs: list,
  }));
  const image = contextOf({}, "sample", toolchain!);
  const before = process.cpuUsage();
  for (let i = 0; i < platforms; i++) evaluatePlatform({ toolchain: toolchain!, image, hosts: selected });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

measure(100, 20, 1);
const full = measure(1000, 20, 10);
const rates = [
  ["1,000 hosts x 20 programs x 10 platforms", full],
  ["  500 hosts x 20 programs x 10 platforms", measure(500, 20, 10)],
  ["1,000 hosts x 10 programs x 10 platforms", measure(1000, 10, 10)],
  ["1,000 hosts x 20 programs x  5 platforms", measure(1000, 20, 5)],
] as const;
for (const [what, seconds] of rates) {
  console.log(`${what}  ${seconds.toFixed(2)} CPU s  ${(seconds / full).toFixed(2)} of the first`);
}
