import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one run of a program took. */
export interface Figures {
  /** Seconds, user and system, threads and waited-for children included. */
  cpu: number;
  /** Seconds. */
  wall: number;
  /** Peak of resident memory in MB (2^20). */
  memory: number;
}

/** A program with its arguments. */
export type Command = readonly [string, ...string[]];

/**
 * Runs a program under GNU time. Its output is dropped.
 * @throws Error when it fails, with the end of what it wrote to stderr
 */
export async function measure([program, ...args]: Command): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "netfilter-compat-time-"));
  const file = join(folder, "time");
  try {
    const child = spawn("/usr/bin/time", ["-o", file, "-f", "%U %S %e %M", program, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 1_200_000,
    });
    let complaint = "";
    child.stderr.on("data", (text: Buffer) => {
      complaint = `${complaint}${text}`.slice(-2000);
    });
    const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
    if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ended with ${code}\n${complaint}`);
    const [user = 0, system = 0, wall = 0, kilobytes = 0] = readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
    return { cpu: user + system, wall, memory: kilobytes / 1024 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs programs by turns and gives the least of each figure: what else the machine does can only add. */
export async function compare(
  commands: Readonly<Record<string, Command>>,
  rounds: number,
  before: () => void = () => {},
): Promise<Record<string, Figures>> {
  const least: Record<string, Figures> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      before();
      const now = await measure(command);
      const known = least[name] ?? now;
      least[name] = {
        cpu: Math.min(known.cpu, now.cpu),
        wall: Math.min(known.wall, now.wall),
        memory: Math.min(known.memory, now.memory),
      };
    }
  }
  return least;
}

/** Milliseconds until programs write their first byte to stdout, or end without; by turns, the least of several runs. */
export async function firstByte<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const least: Partial<Record<Name, number>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(commands) as Name[])
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, await timeToFirstByte(commands[name]));
  }
  return least as Record<Name, number>;
}

async function timeToFirstByte([program, ...args]: Command): Promise<number> {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  const closed = new Promise((resolve) => child.on("close", resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), closed]);
  const time = performance.now() - start;
  child.stdout.resume();
  await closed;
  return time;
}
