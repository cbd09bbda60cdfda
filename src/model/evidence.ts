/**
 * The one form in which every part of the project says how it knows something: a fact in words and where it was read.
 * `fact` and `source` may quote text that an image controls; whoever prints them escapes them for the place.
 */
export interface Evidence {
  /** What was seen, e.g. `package iptables 1.8.4-r2 owns /sbin/xtables-nft-multi`. */
  fact: string;
  /** Where: a path with its layer digest, a file of the knowledge base, a public URL, the user's config. */
  source: string;
  /** What it is about, where a reader of it chooses: `iptables`, `ipset`, `nft`, `backend`, `writes`, `operations`. */
  about?: string;
}
