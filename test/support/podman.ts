import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { skipTest } from "./skip.ts";

/**
 * Lets podman unpack an archive into a storage of its own and mounts the image, until the test's end. Skips the test, counted
 * and with the reason, where this machine cannot.
 * @param image as podman names it: `localhost/NAME:TAG`
 * @returns the folder in which the image's files are
 */
export function mountWithPodman(
  context: { skip(note?: string): never },
  driver: "overlay" | "vfs",
  archive: string,
  image: string,
): string {
  // Podman takes no long path here.
  const root = mkdtempSync(join(tmpdir(), "podman-"));
  const own = ["--root", join(root, "root"), "--runroot", join(root, "run"), "--storage-driver", driver];
  const podman = (...command: string[]) =>
    spawnSync("podman", [...own, ...command], { encoding: "utf8", timeout: 60_000 });
  onTestFinished(() => {
    podman("image", "unmount", "--all");
    rmSync(root, { recursive: true, force: true });
  });
  podman("load", "-q", "-i", archive);
  const { status, stdout, stderr } = podman("image", "mount", image);
  if (status !== 0) skipTest(context, `podman's storage with ${driver}`, stderr?.trim() || "podman is not installed");
  return stdout.trim();
}
