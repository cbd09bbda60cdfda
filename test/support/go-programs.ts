import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Real Go programs, built from `fixtures/go-agent` as a repository with a release's tag, whose modules come from the proxy. */

const fixture = join(import.meta.dirname, "../toolchain/fixtures/go-agent");

export const RELEASE = "v1.4.2";

export interface GoTarget {
  /** Folder of the main package. */
  package: "agent" | "native";
  /** Arguments of `go build` besides. */
  arguments: string[];
  /** GOARCH, CGO_ENABLED and so on. */
  environment: Record<string, string>;
}

export interface GoWorkshop {
  build(target: GoTarget): Buffer;
  /** The commit that was tagged. */
  commit: string;
}

/**
 * @param folder an existing one; what is built goes there
 * @returns a reason instead when Go, git or the modules are not to be had here
 */
export function openGoWorkshop(folder: string): GoWorkshop | string {
  const source = join(folder, "source");
  cpSync(fixture, source, { recursive: true });
  const sums = createHash("sha256").update(readFileSync(join(fixture, "go.sum")));
  // Modules stay for the next run; what is in the folder is checked against go.sum by Go itself.
  const modules = join(tmpdir(), `netfilter-compat-go-${sums.digest("hex").slice(0, 12)}`);
  const environment = { ...process.env, GOMODCACHE: modules, GOFLAGS: "-modcacherw", GOTOOLCHAIN: "local" };
  const run = (command: string, args: string[], more: Record<string, string> = {}) => {
    const { status, error, stdout, stderr } = spawnSync(command, args, {
      cwd: source,
      encoding: "utf8",
      env: { ...environment, ...more },
      timeout: 300_000,
    });
    if (error) return { problem: `${command}: ${error.message}` };
    const last = stderr.trim().split("\n").at(-1);
    return status === 0 ? { output: stdout.trim() } : { problem: `${command} ${args[0]}: ${last}` };
  };
  const git = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
  for (const [command, ...args] of [
    ["go", "version"],
    ["git", "init", "-q"],
    ["git", "add", "."],
    ["git", ...git, "commit", "-q", "-m", "Release"],
    ["git", "tag", RELEASE],
    ["go", "mod", "download"],
  ]) {
    const { problem } = run(command ?? "", args);
    if (problem !== undefined) return problem;
  }
  let round = 0;
  return {
    build(target) {
      const program = join(folder, `program-${round++}`);
      const args = ["build", "-buildvcs=true", "-o", program, ...target.arguments, `./${target.package}`];
      const { problem } = run("go", args, target.environment);
      if (problem !== undefined) throw new Error(problem);
      return readFileSync(program);
    },
    commit: run("git", ["rev-parse", "HEAD"]).output ?? "",
  };
}
