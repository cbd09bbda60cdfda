import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openImages } from "../../src/image/open-images.ts";
import { addImage, addIndex, buildLayer, type Files, finishLayout, named } from "../support/image-writer.ts";
import { keepAll } from "../support/probes.ts";
import { hasCommand } from "../support/roots.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";

/** Images as the tools of others write them. */

const scratch = scratchFolder("tools");

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
}

async function list(reference: string): Promise<string[]> {
  const images = await openImages(reference, { probe: keepAll });
  const lines: string[] = [];
  for (const image of images) {
    for (const { platform, tree } of image.platforms) {
      for (const { path, node } of tree.walk()) {
        if (node.type === "symlink") lines.push(`${platform} ${path} -> ${node.target}`);
        if (node.type === "file") lines.push(`${platform} ${path} ${node.content}`);
      }
    }
  }
  return lines.sort();
}

const files: Files = new Map();
const base = buildLayer([
  { name: "usr/sbin/nft", content: "nft", mode: 0o755 },
  { name: "usr/sbin/old", content: "old" },
  { name: "sbin", flag: "2", linkname: "usr/sbin" },
]);
const top = buildLayer([
  { name: "usr/sbin/.wh.old" },
  { name: "usr/sbin/iptables", flag: "1", linkname: "usr/sbin/nft" },
]);
const amd64 = addImage(files, [base, top, base, top]);
const arm64 = addImage(files, [base], { architecture: "arm64", variant: "v8" });
const source = scratch.write(
  "source",
  finishLayout(files, [named(amd64, "one"), named(addIndex(files, [amd64, arm64]), "both")]),
);
const ONE = ["/sbin -> usr/sbin", "/usr/sbin/iptables nft", "/usr/sbin/nft nft"].map((line) => `linux/amd64 ${line}`);
const ARM = ["/sbin -> usr/sbin", "/usr/sbin/nft nft", "/usr/sbin/old old"].map((line) => `linux/arm64 ${line}`);

test("skopeo: docker archives (with links for repeated layers), OCI archives, gzip and zstd", async (context) => {
  if (!hasCommand("skopeo")) skipTest(context, "images that skopeo writes", "skopeo is not installed");
  const to = (name: string) => join(scratch.path, name);
  run("skopeo", "copy", "-q", `oci:${source}:one`, `docker-archive:${to("one.tar")}:example/app:1`);
  run("skopeo", "copy", "-q", `oci:${source}:one`, `oci-archive:${to("one-oci.tar")}:one`);
  run(
    "skopeo",
    "copy",
    "-q",
    "--dest-compress",
    "--dest-compress-format",
    "zstd",
    `oci:${source}:one`,
    `oci:${to("zstd")}:one`,
  );
  run("skopeo", "copy", "-q", "--dest-decompress", `oci:${source}:one`, `oci:${to("plain")}:one`);
  run("skopeo", "copy", "-q", "--all", `oci:${source}:both`, `oci:${to("all")}:both`);
  expect(await list(`docker-archive:${to("one.tar")}`)).toEqual(ONE);
  expect(await list(`docker-archive:${to("one.tar")}#example/app:1`)).toEqual(ONE);
  expect(await list(`oci-archive:${to("one-oci.tar")}`)).toEqual(ONE);
  expect(await list(`oci:${to("zstd")}`)).toEqual(ONE);
  expect(await list(`oci:${to("plain")}`)).toEqual(ONE);
  expect(await list(to("all"))).toEqual([...ONE, ...ARM]);
});

test("umoci: layers with whiteouts", async (context) => {
  if (!hasCommand("umoci")) skipTest(context, "images that umoci writes", "umoci is not installed");
  const layout = join(scratch.path, "umoci");
  const bundle = join(scratch.path, "bundle");
  run("umoci", "init", "--layout", layout);
  run("umoci", "new", "--image", `${layout}:one`);
  run("umoci", "unpack", "--rootless", "--image", `${layout}:one`, bundle);
  const root = join(bundle, "rootfs");
  mkdirSync(join(root, "usr/sbin"), { recursive: true });
  for (const name of ["nft", "old"]) writeFileSync(join(root, "usr/sbin", name), name);
  run("umoci", "repack", "--refresh-bundle", "--image", `${layout}:one`, bundle);
  run("rm", join(root, "usr/sbin/old"));
  run("ln", join(root, "usr/sbin/nft"), join(root, "usr/sbin/iptables"));
  run("umoci", "repack", "--refresh-bundle", "--image", `${layout}:two`, bundle);
  expect((await list(`oci:${layout}#one`)).map((line) => line.split(" ")[1])).toEqual([
    "/usr/sbin/nft",
    "/usr/sbin/old",
  ]);
  expect((await list(`oci:${layout}#two`)).map((line) => line.split(" ").slice(1))).toEqual([
    ["/usr/sbin/iptables", "nft"],
    ["/usr/sbin/nft", "nft"],
  ]);
});

test("buildah: archives of both kinds, a folder that was removed", async (context) => {
  if (!hasCommand("buildah")) skipTest(context, "images that buildah writes", "buildah is not installed");
  if (process.getuid?.() !== 0) skipTest(context, "images that buildah writes", "buildah needs root here");
  const storage = [
    "--root",
    join(scratch.path, "st"),
    "--runroot",
    join(scratch.path, "run"),
    "--storage-driver",
    "vfs",
  ];
  const buildah = (...args: string[]) => run("buildah", ...storage, ...args).trim();
  const content = scratch.write(
    "content",
    new Map([
      ["usr/sbin/nft", Buffer.from("nft")],
      ["d/e", Buffer.from("e")],
    ]),
  );
  const first = buildah("from", "scratch");
  buildah("add", first, content, "/");
  buildah("commit", "-q", first, "localhost/app:1");
  const second = buildah("from", "--pull-never", "localhost/app:1");
  const mounted = buildah("mount", second);
  run("rm", "-r", join(mounted, "d"));
  writeFileSync(join(mounted, "new"), "new");
  buildah("commit", "-q", second, "localhost/app:2");
  for (const form of ["docker-archive", "oci-archive"]) {
    const path = join(scratch.path, `${form}.tar`);
    buildah("push", "-q", "localhost/app:2", `${form}:${path}:localhost/app:2`);
    const lines = await list(`${form}:${path}`);
    expect(lines.map((line) => line.split(" ").slice(1).join(" "))).toEqual(["/new new", "/usr/sbin/nft nft"]);
  }
});
