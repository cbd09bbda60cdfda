import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { makeLocator } from "../../src/dockerfile/locate.ts";
import { suggestBase } from "../../src/dockerfile/suggest.ts";
import { selectHosts } from "../../src/hosts/select.ts";
import { listArchiveImages } from "../../src/image/archive-images.ts";
import { locate } from "../../src/image/errors.ts";
import { type ScanOptions, scanLayer } from "../../src/image/layer.ts";
import { createBudget, defaultLimits } from "../../src/image/limits.ts";
import { mergeLayers } from "../../src/image/merge.ts";
import { openImages } from "../../src/image/open-images.ts";
import { parseReference } from "../../src/image/reference.ts";
import { parseChallenges } from "../../src/image/registry-challenge.ts";
import { parseRegistryName } from "../../src/image/registry-name.ts";
import type { BlobStore } from "../../src/image/store.ts";
import { UserError } from "../../src/model/error.ts";
import type { FileTree, ImageConfig, ImagePlatform } from "../../src/model/image.ts";
import { parseReport } from "../../src/model/report-schema.ts";
import { toolchainSchema } from "../../src/model/toolchain.ts";
import { buildAnnotations } from "../../src/report/annotations.ts";
import { COMMENT_LIMIT, fitMarkdown } from "../../src/report/budget.ts";
import { plainText } from "../../src/report/escape.ts";
import { renderJson } from "../../src/report/json.ts";
import { mergeReports } from "../../src/report/merge.ts";
import { renderSarif } from "../../src/report/sarif.ts";
import { renderText } from "../../src/report/text.ts";
import { resolveSettings } from "../../src/settings.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { probeContent } from "../../src/toolchain/probe.ts";
import type { Files } from "../support/image-writer.ts";
import { type TarEntry, writeTar } from "../support/tar-writer.ts";
import { makePlatform } from "../support/tree.ts";
import { realBinaries } from "./binaries.ts";
import { checkConversations } from "./live-registry.ts";
import { type JsonMutant, jsonMutants, type Mutant, mutants, mutate, mutateJson, repairChecksums } from "./mutate.ts";
import * as parts from "./parts.ts";

/**
 * What is fuzzed. A run ends in a result or in a UserError; everything else that is thrown is a finding, and so is a run that
 * does not end. What an image holds never makes the inspection of the toolchain throw at all.
 */
export interface Target<T = unknown> {
  /** How many runs it gets where others get one. */
  share: number;
  input: fc.Arbitrary<T>;
  run(input: T): unknown;
}

/** Small enough that reaching one is part of the fuzzing. */
const limits = {
  ...defaultLimits,
  layerBytes: 8 * 2 ** 20,
  keptBytes: 2 ** 20,
  treeEntries: 20_000,
  pathSteps: 500_000,
};

function scanOptions(): ScanOptions {
  return { probe: probeContent, limits, budget: createBudget(limits) };
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield Buffer.from(data.subarray(at, at + size));
}

/** UserErrors are results here; the command line makes one line of each. */
async function allowUserErrors(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    plainText(error.message, 2000);
  }
}

const config: ImageConfig = {
  env: ["PATH=/usr/local/sbin:/usr/sbin:/sbin"],
  entrypoint: ["/entrypoint.sh"],
  cmd: [],
  user: "",
};
const knowledge = { programs: [], variables: [] };

/** The inspection holds, whatever was in the image: it does not throw, and it can be saved and read again. */
function inspect(platform: ImagePlatform): void {
  const toolchain: unknown = JSON.parse(JSON.stringify(inspectWithoutUserError(platform)));
  const parsed = toolchainSchema.safeParse(toolchain);
  if (!parsed.success)
    throw new Error(`an inspection that can't be read again: ${JSON.stringify(parsed.error.issues)}`);
}

function inspectWithoutUserError(platform: ImagePlatform): unknown {
  try {
    return inspectToolchain(platform, knowledge);
  } catch (error) {
    throw new Error("the inspection of a toolchain threw", { cause: error });
  }
}

function inspectTree(tree: FileTree): void {
  inspect({ platform: "linux/amd64", configDigest: "", config, layers: [], tree, notes: [] });
}

async function readLayer(data: Buffer, size: number): Promise<void> {
  try {
    const layer = await scanLayer(pieces(data, size), scanOptions());
    inspectTree(mergeLayers([layer], scanOptions()).tree);
  } catch (error) {
    // As the reading of images does: zlib's errors become lines.
    throw locate(error, "layer");
  }
}

const target = <T>(share: number, input: fc.Arbitrary<T>, run: (input: T) => unknown): Target =>
  ({ share, input, run }) as Target;

const names = [
  "a",
  "b",
  "c",
  "..",
  ".",
  ".wh.a",
  ".wh.b",
  ".wh..wh..opq",
  ".wh..wh.plnk",
  "usr",
  "sbin",
  "iptables",
  "é",
  "\u001b",
];

const entry: fc.Arbitrary<TarEntry> = fc
  .record({
    parts: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 5 }),
    flag: fc.constantFrom("0", "5", "2", "1", "0", "2", "5", "6"),
    to: fc.array(fc.constantFrom("a", "b", "c", "..", "usr", "sbin", "/", ""), { maxLength: 5 }),
    absolute: fc.boolean(),
  })
  .map(({ parts: path, flag, to, absolute }) => ({
    name: path.join("/") + (flag === "5" ? "/" : ""),
    flag,
    mode: 0o755,
    ...(flag === "1" || flag === "2" ? { linkname: (absolute ? "/" : "") + to.join("/") } : {}),
    ...(flag === "0" ? { content: "#!/bin/sh\nexec iptables\n" } : {}),
  }));

function memoryStore(files: Files): BlobStore {
  return {
    has: async (name) => files.has(name),
    readDocument: async (name) => files.get(name),
    digestOf: async () => undefined,
    scan: async () => {
      throw new Error("not here");
    },
    close: async () => {},
  };
}

/** Documents of the images by `IMAGE FILE`. */
const documents = new Map(
  Object.entries(parts.images).flatMap(([image, files]) =>
    [...files]
      .filter(([, data]) => data[0] === 0x7b || data[0] === 0x5b)
      .map(
        ([name, data]) => [`${image} ${name}`, { files, name, value: JSON.parse(data.toString()) as unknown }] as const,
      ),
  ),
);

let folder: string | undefined;

/** A file for what is read by path; one for all runs of the process. */
function scratchFile(name: string, data: Buffer | string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "netfilter-compat-fuzz-"));
    folder = made;
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  const path = join(folder, name);
  writeFileSync(path, data);
  return path;
}

const bases = (of: Record<string, unknown>) => Object.keys(of);
const pieceSize = fc.integer({ min: 1, max: 3000 });
const tarWords = ["ustar", "\0", "0", "7777777", "../", "/", ".wh.", "12 path=x\n", "30 GNU.sparse.map=0,1\n", "-1"];
const yamlWords = [
  "&a ",
  "*a",
  "<<: ",
  "!!js/function ",
  "? ",
  "- ",
  "  ",
  "\n",
  "__proto__: ",
  "{",
  "[",
  "|\n",
  "id: ",
  "~",
  "\t",
];
const shellWords = [
  "\x7fELF",
  "1.8.9",
  "(nf_tables)",
  "#!/bin/sh\n",
  "exec ",
  "chroot ",
  "\xff Go buildinf:",
  "include ",
];
const databaseWords = ["\n\n", "P:", "F:", "R:", "Z:Q1", "Package: ", "Status: ", "\n ", "SQLite format 3\0", "RpmP"];
const dockerWords = [
  "FROM ",
  "RUN ",
  "COPY --from=",
  "ARG ",
  "\\\n",
  "<<EOF\n",
  "EOF\n",
  "$",
  "${",
  "'",
  '"',
  "# escape=`\n",
  "[",
];
const factWords = ["kernel=", "os.ID=", "tool.iptables=", "module.", "=", "\n", "end=1", "iptables v1.8.7 (legacy)"];
const nameWords = ["=", '"', ",", " ", "\\", "@sha256:", ":", "/", "[::1]", "#", "%2f"];
const documentWords = [
  "sha256:",
  `sha256:${"0".repeat(64)}`,
  "linux",
  "amd64",
  "unknown",
  "application/vnd.in-toto+json",
  "../x",
];
const reportWords = ["error", "pass", "fail", "unknown", "nft-newer-writer", "FROM alpine:3.20", "../x"];

const headerLines = [
  "location: http://OTHER/?key=signature-of-the-address",
  "location: http://user:Pa55@OTHER/x",
  "location: http://SELF/v2/",
  "location: /v2/",
  "location: //",
  "content-length: 5",
  "content-length: -1",
  "transfer-encoding: chunked",
  "transfer-encoding: gzip",
  "content-encoding: gzip",
  "content-range: bytes 5-9/10",
  "content-range: bytes 0-0/0",
  "retry-after: 0",
  "retry-after: x",
  'www-authenticate: Bearer realm="http://OTHER/token"',
  'www-authenticate: Bearer realm="http://SELF/token",realm="x"',
  "www-authenticate: Basic",
  "docker-content-digest: sha256:1",
  "connection: close",
  "trailer: x",
  ": x",
  `x: ${"y".repeat(20_000)}`,
];

const conversation = fc.record({
  wantsToken: fc.boolean(),
  disturbances: fc.array(
    fc.record({
      nth: fc.nat(9),
      edits: mutants(
        ["answer"],
        ["\r\n", "\r\n\r\n", "HTTP/1.1 ", "HTTP/1.1 100 X\r\n\r\n", "0\r\n\r\n", "fffffffff\r\n"],
      ).map(({ edits }) => edits.slice(0, 2)),
      headers: fc.array(fc.constantFrom(...headerLines), { maxLength: 2 }),
      status: fc.option(
        fc.constantFrom(
          100,
          101,
          103,
          200,
          201,
          204,
          206,
          301,
          304,
          307,
          308,
          400,
          401,
          403,
          404,
          416,
          429,
          500,
          503,
          999,
        ),
        { nil: undefined },
      ),
      chunked: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** They need something of the machine: fuzz.test.ts skips them, counted, where it is not there. */
export const realTargets: Record<string, Target> = {
  binaries: target(
    0.4,
    fc.record({
      file: fc.nat(1000),
      window: fc.nat(1000),
      mutant: mutants(["part"], [...shellWords, "libxtables.so.12"]),
    }),
    ({ file, window, mutant }) => {
      const binaries = realBinaries();
      const { name, bytes, windows } = binaries[file % binaries.length] as (typeof binaries)[number];
      const [from, to] = windows[window % windows.length] as [number, number];
      const part = mutate(bytes.subarray(from, to), mutant.edits);
      const content = Buffer.concat([bytes.subarray(0, from), part, bytes.subarray(to)]);
      const path = name.includes(".so") ? `/usr/lib/${name}` : `/usr/sbin/${name}`;
      inspect({ ...makePlatform({ [path]: content }), config: { ...config, entrypoint: [path] } });
    },
  ),
};

export const targets: Record<string, Target> = {
  live: target(0.1, fc.array(conversation, { minLength: 6, maxLength: 6 }), checkConversations),
  tar: target(
    3,
    fc.record({ mutant: mutants(bases(parts.tars), tarWords), repair: fc.boolean(), size: pieceSize }),
    ({ mutant, repair, size }) => {
      const data = mutate(parts.tars[mutant.base] as Buffer, mutant.edits);
      return allowUserErrors(() => readLayer(repair ? repairChecksums(data) : data, size));
    },
  ),
  layers: target(3, fc.array(fc.array(entry, { maxLength: 14 }), { minLength: 1, maxLength: 4 }), (stack) =>
    allowUserErrors(async () => {
      const options = scanOptions();
      const layers = [];
      for (const entries of stack) {
        const tar = writeTar(entries);
        layers.push(await scanLayer(pieces(tar, tar.length), options));
      }
      const { tree } = mergeLayers(layers, options);
      for (const { path } of tree.walk()) tree.resolve(path);
      inspectTree(tree);
    }),
  ),
  streams: target(
    3,
    fc.record({ mutant: mutants(bases(parts.streams), ["\x1f\x8b\x08", "(\xb5/\xfd", "P*M\x18"]), size: pieceSize }),
    ({ mutant, size }) =>
      allowUserErrors(() => readLayer(mutate(parts.streams[mutant.base] as Buffer, mutant.edits), size)),
  ),
  documents: target(3, jsonMutants([...documents.keys()], documentWords), async ({ base, edits }: JsonMutant) => {
    const document = documents.get(base as never);
    if (document === undefined) throw new Error(base);
    const files = new Map(document.files).set(document.name, Buffer.from(mutateJson(document.value, edits)));
    for (const form of ["any", "oci-archive", "docker-archive"] as const)
      await allowUserErrors(() => listArchiveImages(memoryStore(files), form, scanOptions()));
  }),
  archive: target(
    1,
    fc.record({ mutant: mutants(bases(parts.archives), tarWords), repair: fc.boolean() }),
    ({ mutant, repair }) =>
      allowUserErrors(async () => {
        const data = mutate(parts.archives[mutant.base] as Buffer, mutant.edits);
        const path = scratchFile("image.tar", repair ? repairChecksums(data) : data);
        for (const { platforms } of await openImages(path, { probe: probeContent, limits })) platforms.forEach(inspect);
      }),
  ),
  packages: target(1, mutants(bases(parts.databases), databaseWords), ({ base, edits }: Mutant) => {
    const { path, bytes } = parts.databases[base] as { path: string; bytes: Buffer };
    const content = mutate(bytes, edits);
    inspect(
      makePlatform({ [path]: { content, mode: 0o644 }, "/usr/sbin/nft": parts.files["/usr/sbin/nft"] as Buffer }),
    );
  }),
  files: target(2, mutants(bases(parts.files), shellWords), ({ base, edits }: Mutant) => {
    inspect(makePlatform({ ...parts.files, [base]: mutate(parts.files[base] as Buffer, edits) }, config));
  }),
  config: target(0.3, mutants(bases(parts.configs), yamlWords), ({ base, edits }: Mutant) =>
    allowUserErrors(() => {
      const text = mutate(Buffer.from(parts.configs[base] as string), edits);
      resolveSettings({ folder: tmpdir(), configFile: scratchFile("config.yml", text), today: "2026-11-23" });
    }),
  ),
  nodes: target(2, jsonMutants(bases(parts.nodes), ["Ubuntu 22.04", "6.2.0-1-generic", "default"]), ({ base, edits }) =>
    allowUserErrors(() => {
      const text = mutateJson(parts.nodes[base], edits);
      selectHosts([{ nodes: text === "" ? undefined : JSON.parse(text), from: "nodes.json" }]);
    }),
  ),
  facts: target(2, mutants(bases(parts.facts), factWords), ({ base, edits }: Mutant) =>
    allowUserErrors(() => {
      const facts = mutate(Buffer.from(parts.facts[base] as string), edits).toString("utf8");
      selectHosts([{ facts, from: "facts.txt" }]);
    }),
  ),
  reports: target(2, jsonMutants(bases(parts.reports), reportWords), ({ base, edits }: JsonMutant) => {
    const text = mutateJson(parts.reports[base], edits);
    const parsed = parseReport(text === "" ? undefined : JSON.parse(text));
    if ("problem" in parsed) return;
    const report = mergeReports(["a", "b"].map((name) => ({ name, report: parsed.report })));
    const body = fitMarkdown(report, {}, COMMENT_LIMIT, "\n<!-- x -->\n");
    if (Buffer.byteLength(body) > COMMENT_LIMIT) throw new Error(`a comment of ${Buffer.byteLength(body)} bytes`);
    renderText(report);
    renderJson(report);
    renderSarif(report, {}, { fallbackFile: "Dockerfile", ruleHelp: new Map() });
    buildAnnotations(report, {});
  }),
  dockerfile: target(1, mutants(bases(parts.dockerfiles), dockerWords), ({ base, edits }: Mutant) => {
    const text = mutate(Buffer.from(parts.dockerfiles[base] as string), edits).toString("utf8");
    const found = makeLocator(text)({ packages: ["iptables"], paths: ["/usr/sbin/iptables"] });
    if (found?.base !== undefined) suggestBase(text, found.base, { distribution: "alpine", release: "3.21" } as never);
  }),
  registry: target(
    2,
    mutants([...bases(parts.challenges), ...bases(parts.references)], nameWords),
    async ({ base, edits }: Mutant) => {
      const text = mutate(Buffer.from(parts.challenges[base] ?? parts.references[base] ?? ""), edits).toString(
        "latin1",
      );
      parseChallenges(text);
      await allowUserErrors(() => parseReference(text, () => false));
      await allowUserErrors(() => parseRegistryName(text.replace(/^docker:\/\//, "")));
    },
  ),
};
