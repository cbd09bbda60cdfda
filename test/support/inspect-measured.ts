/**
 * A process of its own that inspects an image and prints the toolchain of its first platform, with its peak memory in megabytes
 * and the CPU seconds: `node inspect-measured.ts REFERENCE`.
 */
import { readFileSync } from "node:fs";
import { inspectImages } from "../../src/inspect.ts";

const { images } = await inspectImages(process.argv.slice(2));
const { user, system } = process.cpuUsage();
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const toolchain = images[0]?.platforms[0]?.toolchain;
process.stdout.write(JSON.stringify({ toolchain, memory: Number(peak) / 1024, cpu: (user + system) / 1e6 }));
