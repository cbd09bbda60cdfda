// tar-stream does not export its header decoder as an entry point of its own and has no types for it.
declare module "*/tar-stream/headers.js" {
  export interface DecodedHeader {
    name: string;
    mode: number;
    uid: number;
    gid: number;
    /** null or NaN when the field is not a number. */
    size: number | null;
    linkname: string | null;
  }
  /** @returns null for a block of zeros; throws on a wrong checksum */
  export function decode(
    block: Uint8Array,
    filenameEncoding: BufferEncoding,
    allowUnknownFormat: boolean,
  ): DecodedHeader | null;
  const headers: { decode: typeof decode };
  export default headers;
}
