import * as z from "zod/mini";

/**
 * The toolchain: what `inspect` finds in one platform of an image. It is a file format (`inspect --format json` writes it,
 * `check --toolchain` reads it back), so its shape is a schema and the types follow from it. Everything that a rule needs
 * of an image is in here.
 */

export const evidenceSchema = z.object({ fact: z.string(), source: z.string() });

/** `nft` = nf_tables kernel API, `legacy` = xtables kernel API. */
export const backendSchema = z.enum(["nft", "legacy"]);
export type Backend = z.infer<typeof backendSchema>;

/** The package record that owns a file. */
export const packageRecordSchema = z.object({
  name: z.string(),
  /** As the database writes it, revision and epoch included: `1.8.4-r2`, `1:1.8.9-2+b1`. */
  version: z.string(),
  database: z.enum(["apk", "dpkg", "rpm"]),
});
export type PackageRecord = z.infer<typeof packageRecordSchema>;

export const toolSchema = z.object({
  /** The program, not the file: `iptables`, `ip6tables`, `ebtables`, `arptables`, `nft`, `ipset`, `conntrack`. One entry
   * per program and binary that provides it, so iptables with both backends has two. */
  name: z.string(),
  /** Upstream version without distribution revision (`1.8.4`); null when neither record nor bytes tell. */
  version: z.nullable(z.string().check(z.regex(/^\d+(\.\d+){1,3}$/, "a version of two to four numbers, or null"))),
  backend: z.optional(backendSchema),
  /** The path by which a program reaches it: the first in PATH order. */
  path: z.string(),
  /** The regular file behind it. */
  target: z.string(),
  /** Link chain from `path` to `target`, both included. */
  via: z.array(z.string()),
  /** GOARCH-like name of the ELF file's machine (`amd64`, `arm64`, `arm`, `386`, ...). */
  architecture: z.optional(z.string()),
  package: z.optional(packageRecordSchema),
  /** The record that names the file while the file's content is another than the recorded one: it was replaced, and no
   * record describes it. Never together with `package`. */
  replacedPackage: z.optional(packageRecordSchema),
  /** Version read from the bytes of the binary (or of its library: ipset); absent when they don't tell. */
  byteVersion: z.optional(z.string()),
  /** nft: JSON support is compiled in (`nft -j`); absent when the bytes don't tell. */
  json: z.optional(z.boolean()),
  /** Neither the file nor a link to it stands in a folder of PATH: in a root inside the image, say. No command reaches it.
   * Absent: one does, or may. */
  outsidePath: z.optional(z.boolean()),
  /** The file carries `security.capability`. */
  fileCapabilities: z.optional(z.boolean()),
  evidence: z.array(evidenceSchema),
});
export type Tool = z.infer<typeof toolSchema>;

export const librarySchema = z.object({
  /** Without version: `libnftnl`. */
  name: z.string(),
  /** `11.3.0` of `libnftnl.so.11.3.0`. */
  soVersion: z.string(),
  path: z.string(),
  /** Oldest and newest release it can be; null where that end is not known. */
  versions: z.tuple([z.nullable(z.string()), z.nullable(z.string())]),
  package: z.optional(packageRecordSchema),
  evidence: z.array(evidenceSchema),
});
export type Library = z.infer<typeof librarySchema>;

export const extensionFamilySchema = z.enum(["any", "ipv4", "ipv6", "arp", "bridge"]);
export type ExtensionFamily = z.infer<typeof extensionFamilySchema>;

/** A match or target of iptables, as its file registers it. */
export const extensionSchema = z.object({
  name: z.string(),
  /** Absent where the bytes do not tell: in programs that hold their extensions. */
  kind: z.optional(z.enum(["match", "target"])),
  family: extensionFamilySchema,
  /** Ascending. The tools take the highest one that the kernel has too. */
  revisions: z.array(z.number()),
  /** The kernel's extension behind it, when that has another name: `conntrack` of `state`. */
  realName: z.optional(z.string()),
});
export type Extension = z.infer<typeof extensionSchema>;

export const extensionSetSchema = z.object({
  /** The libxtables that loads them, or the program that holds them. */
  library: z.string(),
  /** Where the library looks; absent for a program that holds them. */
  directory: z.optional(z.string()),
  /** Extension files in the directory: 0 when the folder is absent or empty. */
  files: z.optional(z.number()),
  /** The tools' files that use the library, by path. */
  tools: z.optional(z.array(z.string())),
  /** What can be loaded: a match or target whose file has its name. Absent: not looked at. */
  list: z.optional(z.array(extensionSchema)),
  /** Files of the directory that could not be told; what they bring is not in `list`. */
  unread: z.optional(z.array(z.string())),
});
export type ExtensionSet = z.infer<typeof extensionSetSchema>;

/** What a command name leads to. `auto`: decided at run time by the selector. `none`: there is no such command.
 * `unknown`: there is one, and what it does could not be told. */
export const commandSchema = z.object({
  backend: z.enum(["nft", "legacy", "auto", "none", "unknown"]),
  /** Link chain from the first hit in PATH to the final file; ends at the path that does not exist when it dangles. */
  via: z.array(z.string()),
  /** The chain ends at a path that does not exist. */
  dangling: z.optional(z.boolean()),
  /** A script that leaves the container (chroot, nsenter): the host's tools run. */
  hostExec: z.optional(z.boolean()),
  /** A command of a start script that makes it what is said here, with the script: `update-alternatives --set ... of
   * /entrypoint.sh`. */
  setBy: z.optional(z.string()),
});
export type Command = z.infer<typeof commandSchema>;

/** A command that names its backend and that a start script of the image, or its entrypoint itself, runs to change rules. */
export const startRunSchema = z.object({
  /** `iptables-legacy-restore`. */
  command: z.string(),
  name: z.enum(["iptables", "ip6tables"]),
  backend: backendSchema,
  /** `sure`: it is run whenever the image starts. `tolerated`: likewise, and the script goes on when it fails. `possible`:
   * nobody knows beforehand whether it is run. */
  certainty: z.enum(["sure", "tolerated", "possible"]),
  /** The script, or `the image's entrypoint`. */
  by: z.string(),
  /** The words of the command, cut to a line of a report. */
  line: z.string(),
});
export type StartRun = z.infer<typeof startRunSchema>;

export const selectorSchema = z.object({
  /** What decides: `symlink`, `alternatives` (fixed at build time), `iptables-wrapper` (at run time), `script` (unknown one). */
  kind: z.enum(["symlink", "alternatives", "iptables-wrapper", "script"]),
  /** Generation of a wrapper: `v1`, `v2`, `go`, `v3`, or a fork's name; null for what has no version. */
  version: z.nullable(z.string()),
  /** It is really what `iptables` resolves to in PATH order. */
  effective: z.boolean(),
  /** Folder in which a wrapper replaces the links, where `iptables` leads to it by one elsewhere: it calls itself for ever. */
  loops: z.optional(z.string()),
  path: z.string(),
  evidence: z.array(evidenceSchema),
});
export type Selector = z.infer<typeof selectorSchema>;

export const imageProgramSchema = z.object({
  /** Name of a program profile in the knowledge base (`kilo`), or the last element of the Go module path. */
  name: z.string(),
  version: z.nullable(z.string()),
  /** Path of its binary in the image. */
  path: z.string(),
  /** Go module path when it is a Go program. */
  module: z.optional(z.string()),
  /** Netfilter libraries linked, with versions: `github.com/coreos/go-iptables@v0.6.0`. */
  libraries: z.array(z.string()),
  evidence: z.array(evidenceSchema),
});
export type ImageProgram = z.infer<typeof imageProgramSchema>;

/** A program besides the tools that reads and writes the legacy tables itself, whatever `iptables` is. */
export const legacyProgramSchema = z.object({
  path: z.string(),
  /** Those of libip4tc and libip6tc that it asks for: `libip4tc.so.2`. */
  libraries: z.array(z.string()).check(z.minLength(1)),
  /** The image's entrypoint or command starts it, or a start script of theirs. */
  started: z.boolean(),
  evidence: z.array(evidenceSchema).check(z.minLength(1)),
});
export type LegacyProgram = z.infer<typeof legacyProgramSchema>;

export const toolchainSchema = z.object({
  os: z.object({ id: z.nullable(z.string()), versionId: z.nullable(z.string()) }),
  /** Architecture that the platform states. */
  architecture: z.string(),
  tools: z.array(toolSchema),
  libraries: z.array(librarySchema),
  /** Libraries that a tool needs (ELF DT_NEEDED, its libraries' own included) and that the image lacks: the file of the tool
   * and the name that the loader looks for. Absent: not looked at. */
  missingLibraries: z.optional(z.array(z.object({ path: z.string(), library: z.string() }))),
  /** Matches and targets of iptables, for each libxtables and each program that holds them. Absent without either. */
  extensions: z.optional(z.array(extensionSetSchema)),
  /** Programs that are linked with libip4tc or libip6tc. Absent: none. */
  legacyPrograms: z.optional(z.array(legacyProgramSchema)),
  /** By command name: `iptables`, `ip6tables` and their `-save` and `-restore`, `nft`, `ipset`. */
  defaults: z.record(z.string(), commandSchema),
  /** Absent: none. */
  startRuns: z.optional(z.array(startRunSchema)),
  selector: z.optional(selectorSchema),
  program: z.optional(imageProgramSchema),
  /** A known program that is in the image beside `program`, which the entrypoint starts: whether that one starts it in turn
   * could not be told. */
  otherProgram: z.optional(imageProgramSchema),
  /** A `modprobe` that could load kernel modules is in PATH. */
  modprobe: z.boolean(),
  /** Variables of the image config that choose a backend (names listed in the knowledge base), nothing else. */
  environment: z.record(z.string(), z.string()),
  /** As whom the image's command starts, by its config. Absent: root. */
  user: z.optional(
    z.object({
      /** As the config has it: `65534`, `nonroot:nonroot`. */
      name: z.string(),
      /** A program in PATH by which it can run others as root: sudo or doas. */
      becomesRoot: z.optional(z.string()),
    }),
  ),
  /** What could not be told, e.g. `{fact: "version of /sbin/iptables", reason: "packed by UPX"}`. */
  missing: z.array(
    z.object({
      fact: z.string(),
      reason: z.string(),
      /** All that is said here may be of other files than those that run: nothing can be judged without it. */
      decisive: z.optional(z.boolean()),
    }),
  ),
});
export type Toolchain = z.infer<typeof toolchainSchema>;
/** A fact that could not be told, and why. */
export type Untold = Toolchain["missing"][number];

/** The document that `inspect --format json` prints. */
export const inspectionSchema = z.object({
  schemaVersion: z.literal(1),
  tool: z.object({ name: z.string(), version: z.string() }),
  images: z.array(
    z.object({
      reference: z.string(),
      digest: z.string(),
      platforms: z.array(
        z.object({
          platform: z.string(),
          toolchain: toolchainSchema,
          /** Odd things met while reading it, each a clause without a full stop. Absent: none. */
          notes: z.optional(z.array(z.string())),
        }),
      ),
    }),
  ),
});
export type Inspection = z.infer<typeof inspectionSchema>;
