import { openImages } from "./image/open-images.ts";
import type { RegistryCredentials } from "./image/registry-credentials.ts";
import { programProfiles } from "./knowledge/programs/index.ts";
import type { OpenedImage } from "./model/image.ts";
import type { Inspection } from "./model/toolchain.ts";
import { inspectToolchain } from "./toolchain/inspect.ts";
import { probeContent } from "./toolchain/probe.ts";
import { tool } from "./version.ts";

/** What the toolchain room is told about programs: how they are recognised, and which variables choose a backend. */
const knowledge = {
  programs: programProfiles.flatMap(({ id, recognise }) => (recognise === undefined ? [] : [{ id, recognise }])),
  variables: [...new Set(programProfiles.flatMap((profile) => profile.selects?.variable?.name ?? []))],
};

/**
 * Opens images and finds the toolchain of each platform.
 * @param references as the user wrote them
 * @param platforms only these; empty = all
 * @param credentials login for images in a registry; without it that of `docker login`
 * @throws UserError for what cannot be read
 */
export async function inspectImages(
  references: readonly string[],
  platforms: readonly string[],
  credentials?: RegistryCredentials,
): Promise<Inspection> {
  const images: Inspection["images"] = [];
  for (const reference of references) {
    const opened = await openImages(reference, {
      probe: probeContent,
      ...(platforms.length === 0 ? {} : { platforms: [...platforms] }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    images.push(...opened.map(inspectImage));
  }
  return { schemaVersion: 1, tool, images };
}

function inspectImage(image: OpenedImage): Inspection["images"][number] {
  return {
    reference: image.reference,
    digest: image.digest,
    platforms: image.platforms.map((platform) => ({
      platform: platform.platform,
      toolchain: inspectToolchain(platform, knowledge),
    })),
  };
}
