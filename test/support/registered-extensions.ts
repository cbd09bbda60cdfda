import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What iptables' extensions register when they are really loaded: a program that stands in for libxtables' registering
 * functions, compiled against the header of the same release. Only files of this machine's architecture and of a C library
 * no newer than its own can be loaded.
 */

const SOURCE = `
#include <dlfcn.h>
#include <stdio.h>
#include <xtables.h>

static const char *file;

static void say(const char *kind, const char *name, const char *real, int revision, int family) {
  printf("%s %s %s %s %d %d\\n", file, kind, name, real ? real : "-", revision, family);
}
void xtables_register_match(struct xtables_match *m) { say("match", m->name, m->real_name, m->revision, m->family); }
void xtables_register_matches(struct xtables_match *m, unsigned int n) { while (n-- > 0) xtables_register_match(m++); }
void xtables_register_target(struct xtables_target *t) { say("target", t->name, t->real_name, t->revision, t->family); }
void xtables_register_targets(struct xtables_target *t, unsigned int n) { while (n-- > 0) xtables_register_target(t++); }

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    file = argv[i];
    if (!dlopen(argv[i], RTLD_NOW | RTLD_LOCAL)) fprintf(stderr, "%s\\n", dlerror());
  }
  return 0;
}
`;

/** One line for each registration: `FILE KIND NAME REAL-NAME REVISION FAMILY`. */
export function registerExtensions(folders: {
  /** Of the package with the extensions. */
  iptables: string;
  /** Of the library they need. */
  libxtables: string;
  /** Of its header. */
  headers: string;
  scratch: string;
}): string[] | string {
  const triplet = "x86_64-linux-gnu";
  const directory = join(folders.iptables, "usr/lib", triplet, "xtables");
  const source = join(folders.scratch, "register.c");
  const program = join(folders.scratch, "register");
  writeFileSync(source, SOURCE);
  const include = join(folders.headers, "usr/include");
  const compiled = spawnSync("gcc", ["-rdynamic", "-I", include, "-o", program, source, "-ldl"], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (compiled.error) return "gcc is not installed";
  if (compiled.status !== 0) return `gcc: ${compiled.stderr.trim().split("\n")[0]}`;
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(directory, entry.name));
  const libraries = ["usr/lib", "lib"]
    .map((name) => join(folders.libxtables, name, triplet))
    .filter((path) => existsSync(path));
  const run = spawnSync(program, files, {
    encoding: "utf8",
    timeout: 60_000,
    env: { LD_LIBRARY_PATH: libraries.join(":") },
  });
  if (run.status !== 0 || run.stderr !== "") return `the extensions do not load here: ${run.stderr.split("\n")[0]}`;
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => line.slice(directory.length + 1));
}

const OWN_EXTENSION = `
#include <xtables.h>

static void help(void) {}
static struct xtables_match matches[] = {
  { .version = XTABLES_VERSION, .name = "one", .revision = 2, .family = NFPROTO_IPV4, .help = help },
  { .version = XTABLES_VERSION, .name = "two", .real_name = "one", .revision = 5, .help = help },
};
__attribute__((constructor)) static void start(void) { xtables_register_matches(matches, 2); }
`;

/**
 * An extension of two matches, linked here.
 * @param headers folder of the package with the header
 * @param options further ones for the linker
 */
export function linkExtension(headers: string, scratch: string, options: string[]): Buffer | string {
  const source = join(scratch, "own.c");
  const target = join(scratch, "libxt_own.so");
  writeFileSync(source, OWN_EXTENSION);
  const include = join(headers, "usr/include");
  const linked = spawnSync("gcc", ["-shared", "-fPIC", ...options, "-I", include, "-o", target, source], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (linked.error) return "gcc is not installed";
  return linked.status === 0 ? readFileSync(target) : `gcc: ${linked.stderr.trim().split("\n")[0]}`;
}
