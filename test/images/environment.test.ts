import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addImage, buildLayer, type Files, finishLayout, packFiles } from "../support/image-writer.ts";
import { createWorkshop, inspectOne } from "./workshop.ts";

const workshop = createWorkshop();

test("variables that choose a backend are kept, of programs and of wrappers, and no others", async () => {
  const files: Files = new Map();
  const layer = buildLayer([{ name: "etc/hostname", content: "a\n" }]);
  const Env = ["PATH=/usr/bin", "IPTABLES_MODE=legacy", "FELIX_IPTABLESBACKEND=NFT", "SECRET=x"];
  finishLayout(files, [addImage(files, [layer], { config: { Env } })]);
  const path = join(workshop, "image.tar");
  writeFileSync(path, packFiles(files));
  const { environment } = await inspectOne(`oci-archive:${path}`);
  expect(environment).toEqual({ IPTABLES_MODE: "legacy", FELIX_IPTABLESBACKEND: "NFT" });
});
