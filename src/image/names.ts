import { UserError } from "../model/error.ts";
import { quote } from "./errors.ts";
import type { SourceImage } from "./source-image.ts";

/** How an image is shown and asked for behind `#`: its first name, or its digest when it has none. */
export function displayName(image: SourceImage): string {
  return image.names[0] ?? image.digest;
}

/**
 * The images that a reference means: all, or the one of that name.
 * @param name what stands behind `#`, undefined when nothing does
 */
export function pickImages(images: SourceImage[], name: string | undefined): SourceImage[] {
  if (images.length === 0) throw new UserError("it lists no image");
  checkNames(images);
  if (name === undefined) return images;
  const exact = images.filter((image) => image.digest === name || image.names.includes(name));
  const loose = images.filter((image) => image.names.some((other) => fullName(other) === fullName(name)));
  const found = exact.length > 0 ? exact : loose;
  if (found.length === 1) return found;
  const names = images.map((image) => quote(displayName(image))).join(", ");
  const problem = found.length === 0 ? `no image is named ${quote(name)}` : `several images are named ${quote(name)}`;
  throw new UserError(`${problem}; it holds ${names}`);
}

function checkNames(images: SourceImage[]): void {
  const seen = new Set<string>();
  for (const image of images) {
    const name = displayName(image);
    if (seen.has(name)) throw new UserError(`two different images in it are named ${quote(name)}`);
    seen.add(name);
  }
}

/** `nginx` -> `docker.io/library/nginx:latest`, as Docker understands short names. */
function fullName(name: string): string {
  const withTag = /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
  const host = withTag.includes("/") ? withTag.slice(0, withTag.indexOf("/")) : "";
  if (/[.:]/.test(host) || host === "localhost") return withTag;
  return `docker.io/${host === "" ? "library/" : ""}${withTag}`;
}
