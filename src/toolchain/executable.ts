import wrappers from "../knowledge/wrappers.json" with { type: "json" };
import type { ContentSink, StreamedFile } from "../model/image.ts";
import {
  type ElfDynamic,
  type ElfHeader,
  isElf,
  readElfDynamic,
  readElfHeader,
  readInterpreter,
} from "./binaries/elf.ts";
import { readExtensions } from "./binaries/extensions.ts";
import { createGoScanner, type GoBuild, type GoScanner, goDataRanges } from "./binaries/go.ts";
import { identify } from "./binaries/identify.ts";
import { readNetfilterSymbols } from "./binaries/symbols.ts";
import type { BinaryContent, ProbedContent } from "./content.ts";
import {
  isExtension,
  isNetfilterLibrary,
  isProgramDirectory,
  isSupportLibrary,
  isToolName,
  LEGACY_LIBRARY,
} from "./file-names.ts";
import { findText } from "./find-text.ts";
import { readScript } from "./scripts.ts";
import { asBuffer, constantSink, createDigester, MAX_WHOLE, wholeSink } from "./sinks.ts";

/** The largest extension known has 37 KB. */
const MAX_EXTENSION = 1024 * 1024;
/** Enough for the program headers and for UPX's mark. */
const HEAD_SIZE = 4096;
const MAX_SCRIPT = 256 * 1024;

/**
 * A sink for a file that may be a program, a script or a library. What it is shows in the first bytes: other files end
 * there. A program that may be a tool is kept until its end, at most {@link MAX_WHOLE}; of larger ones only Go's build
 * information is looked for, while they stream by.
 */
export function openExecutable(file: StreamedFile, name: string): ContentSink {
  const headSize = Math.min(file.size, HEAD_SIZE);
  /** What there is of the beginning, where the first piece holds less of it than is wanted. */
  let head: Buffer | undefined;
  let position = 0;
  let reader: ContentSink | undefined;
  let dismissed = false;

  /** @param start the beginning @param rest what is to be read, from the beginning on */
  function open(start: Buffer, rest: Uint8Array): boolean {
    reader = isScript(start) ? scriptSink(file) : elfSink(file, name, start);
    if (!reader) dismissed = true;
    return reader?.write(rest) === true;
  }

  function collect(chunk: Uint8Array): boolean {
    head ??= Buffer.alloc(headSize);
    const taken = Math.min(chunk.length, headSize - position);
    head.set(chunk.subarray(0, taken), position);
    position += taken;
    if (position >= 4 && !mayBeRead(head)) dismissed = true;
    if (dismissed || position < headSize) return !dismissed;
    const more = open(head, head);
    return more && taken < chunk.length ? reader?.write(chunk.subarray(taken)) === true : more;
  }

  function feed(chunk: Uint8Array): boolean {
    if (reader) return reader.write(chunk);
    if (position > 0 || chunk.length < headSize) return collect(chunk);
    // Nearly always the first piece holds all of the beginning, which is then read where it is.
    if (headSize >= 4 && !mayBeRead(chunk)) {
      dismissed = true;
      return false;
    }
    return open(asBuffer(chunk).subarray(0, headSize), chunk);
  }

  return {
    byName: isToolName(name) || isNetfilterLibrary(name) || isExtension(name),
    byPlace: isSupportLibrary(name) || isProgramDirectory(file.path),
    write: (chunk) => !dismissed && feed(chunk),
    end() {
      if (dismissed) return undefined;
      if (reader) return reader.end();
      return isToolName(name) ? unreadable("it ends before its header does") : undefined;
    },
  };
}

/** Four bytes dismiss most files. */
function mayBeRead(head: Uint8Array): boolean {
  return isElf(head) || isScript(head);
}

function isScript(head: Uint8Array): boolean {
  return head[0] === 0x23 && head[1] === 0x21;
}

function scriptSink(file: StreamedFile): ContentSink {
  return wholeSink(Math.min(file.size, MAX_SCRIPT), (bytes): ProbedContent | undefined => {
    const script = readScript(bytes, bytes.length < file.size, isStartable(file.path));
    return script && { kind: "script", script };
  });
}

/** dpkg's own scripts are never run where the image is. */
function isStartable(path: string): boolean {
  return !path.includes("lib/dpkg/info/");
}

function elfSink(file: StreamedFile, name: string, head: Buffer): ContentSink | undefined {
  const header = readElfHeader(head);
  if (isExtension(name)) return extensionSink(file, name, header);
  const named = isToolName(name) || isNetfilterLibrary(name);
  if (!header) return named ? constantSink(unreadable("its ELF header cannot be read")) : undefined;
  if (isPacked(head)) return hashingSink(file, { ...describe(header), packed: true });
  const wanted = named || isSupportLibrary(name) || isProgramDirectory(file.path);
  if (wanted && file.size <= MAX_WHOLE) return programSink(file, name, header);
  return streamingSink(file, header, named);
}

/** Without a content where nothing can be told: the file is there, and not known is what it brings. */
function extensionSink(file: StreamedFile, name: string, header: ElfHeader | undefined): ContentSink | undefined {
  return header && file.size <= MAX_EXTENSION ? programSink(file, name, header) : undefined;
}

/** Reads the whole of it. */
function programSink(file: StreamedFile, name: string, header: ElfHeader): ContentSink {
  return wholeSink(file.size, (bytes) => analyse(bytes, file, name, header));
}

/** A program of which nothing but the checksums of its content is wanted. */
function hashingSink(file: StreamedFile, content: BinaryContent): ContentSink {
  const hash = createDigester(file.size);
  return {
    write: (chunk) => hash.write(chunk),
    end: () => ({ ...content, ...hash.end() }),
  };
}

const UPX = Buffer.from("UPX!");

/** UPX puts its mark behind the program headers (upx' p_linux_elf). */
function isPacked(head: Buffer): boolean {
  return head.subarray(0, 512 + UPX.length - 1).includes(UPX);
}

/** Larger programs, and programs outside the usual folders: only Go's build information. */
function streamingSink(file: StreamedFile, header: ElfHeader, named: boolean): ContentSink {
  const ranges = goDataRanges(header);
  const scanner = createGoScanner(ranges);
  const hash = named ? createDigester(file.size) : undefined;
  let position = 0;
  return {
    write(chunk) {
      const offset = position;
      position += chunk.length;
      const hashing = hash?.write(chunk) === true;
      return scanner.write(asBuffer(chunk), offset) || hashing;
    },
    end(): BinaryContent | undefined {
      const content = { ...withGo(describe(header), scanner), ...hash?.end() };
      if (content.go) return withWrapper(content, content.go, Buffer.alloc(0));
      if (content.problem) return content;
      const problem = `it is larger than ${MAX_WHOLE / 1024 / 1024} MiB`;
      return named ? { ...content, problem } : undefined;
    },
  };
}

function analyse(bytes: Buffer, file: StreamedFile, name: string, header: ElfHeader): BinaryContent | undefined {
  const named = isToolName(name) || isNetfilterLibrary(name);
  const content = describe(header);
  if (bytes.length < file.size) return named ? { ...content, problem: "it ends early" } : undefined;
  if (isExtension(name)) return { ...content, extensions: readExtensions(bytes, header) };
  const scanner = createGoScanner(goDataRanges(header));
  scanner.write(bytes, 0);
  withGo(content, scanner);
  if (content.go) return withWrapper(withLegacyLibraries(content, bytes, header), content.go, bytes);
  const dynamic = readElfDynamic(bytes, header);
  const interpreter = readInterpreter(bytes, header);
  if (interpreter !== undefined) content.interpreter = interpreter;
  if (isSupportLibrary(name) && !isNetfilterLibrary(name)) return describeDynamic(content, dynamic);
  const identity = identify({ name, bytes, dynamic });
  if (!identity && !named && !content.problem && !dynamic?.needed.some(isLegacyLibrary)) return undefined;
  describeDynamic(content, dynamic);
  if (identity) content.identity = identity;
  if (identity?.tool === "iptables" && !dynamic?.needed.some((library) => library.startsWith("libxtables.so")))
    content.extensions = readExtensions(bytes, header);
  if (!identity && !named) return content;
  if (dynamic !== undefined) describeSymbols(content, bytes, header, name);
  const hash = createDigester(bytes.length);
  hash.write(bytes);
  return { ...content, ...hash.end() };
}

function isLegacyLibrary(name: string): boolean {
  return LEGACY_LIBRARY.test(name);
}

/** Of a program of Go no other library matters. */
function withLegacyLibraries(content: BinaryContent, bytes: Buffer, header: ElfHeader): BinaryContent {
  content.needed = readElfDynamic(bytes, header)?.needed.filter(isLegacyLibrary) ?? [];
  return content;
}

function describeDynamic(content: BinaryContent, dynamic: ElfDynamic | undefined): BinaryContent {
  if (dynamic === undefined) return content;
  const { definitions, needs } = dynamic.versions();
  content.needed = dynamic.needed;
  if (dynamic.runpath.length > 0) content.runpath = dynamic.runpath;
  if (dynamic.isRpath) content.isRpath = true;
  if (needs.length > 0) content.versionNeeds = needs;
  if (definitions.length > 0) content.versionDefinitions = definitions;
  return content;
}

function describeSymbols(content: BinaryContent, bytes: Buffer, header: ElfHeader, name: string): void {
  const { imports, exports } = readNetfilterSymbols(bytes, header);
  if (imports.length > 0) content.imports = imports;
  if (isNetfilterLibrary(name) && exports !== undefined) content.exports = exports;
}

/** Marks the iptables-wrapper that is a Go program; each generation has a text of its own, older ones are the default. */
function withWrapper(content: BinaryContent, build: GoBuild, bytes: Buffer): BinaryContent {
  if (build.main?.path !== wrappers.go.module && build.path !== wrappers.go.module) return content;
  const generation = wrappers.go.generations.find((entry) => findText(bytes, entry.text) >= 0);
  return { ...content, wrapper: generation?.version ?? "go" };
}

function describe(header: ElfHeader): BinaryContent {
  const content: BinaryContent = { kind: "binary", needed: [] };
  if (header.architecture !== undefined) content.architecture = header.architecture;
  return content;
}

function withGo(content: BinaryContent, scanner: GoScanner): BinaryContent {
  const build = scanner.end();
  if (build === "old-format") content.problem = "it was built with Go before 1.18, whose build information is not read";
  else if (build) content.go = build;
  return content;
}

function unreadable(problem: string): BinaryContent {
  return { kind: "binary", needed: [], problem };
}
