import { describe, expect, test } from "vitest";
import { evaluatePlatform } from "../../src/compat/engine.ts";
import { programProfiles } from "../../src/knowledge/programs/index.ts";
import type { ImageConfig } from "../../src/model/image.ts";
import { contextOf } from "../../src/settings.ts";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { buildHost, buildInput, buildProgram, type HostSpec, kubelet } from "../support/cells.ts";
import { buildElf } from "../support/elf-builder.ts";
import { staticXtablesMulti, wrapperScripts } from "../support/netfilter-binaries.ts";
import { type Listing, makePlatform } from "../support/tree.ts";

/** What an entrypoint and its scripts do about the backend while the links in the image say something else. */

const SUFFIXES = ["", "-save", "-restore"];
const FAMILIES = ["iptables", "ip6tables"];

/** `${NAME}` of a shell. */
const braced = (inside: string) => ["$", "{", inside, "}"].join("");

/** As Debian's package has it: alternatives, by its own notes in automatic mode, nft first. */
const DEBIAN: Listing = {
  "/bin/sh": buildElf({ strings: ["sh"] }),
  "/usr/bin/update-alternatives": buildElf({ strings: ["update-alternatives"] }),
  "/usr/sbin/xtables-nft-multi": staticXtablesMulti("1.8.11", "nft"),
  "/usr/sbin/xtables-legacy-multi": staticXtablesMulti("1.8.11", "legacy"),
  "/sbin": "-> usr/sbin",
  "/opt/agent": buildElf({ strings: ["agent"] }),
  ...Object.fromEntries(FAMILIES.map((name) => [`/var/lib/dpkg/alternatives/${name}`, notes(name)])),
  ...Object.fromEntries(
    FAMILIES.flatMap((family) =>
      SUFFIXES.flatMap((suffix) => [
        [`/usr/sbin/${family}${suffix}`, `-> /etc/alternatives/${family}${suffix}`],
        [`/etc/alternatives/${family}${suffix}`, `-> /usr/sbin/${family}-nft${suffix}`],
        [`/usr/sbin/${family}-nft${suffix}`, "-> xtables-nft-multi"],
        [`/usr/sbin/${family}-legacy${suffix}`, "-> xtables-legacy-multi"],
      ]),
    ),
  ),
};

function notes(name: string): { content: string; mode: number } {
  const group = (backend: string, priority: number) =>
    [
      `/usr/sbin/${name}-${backend}`,
      priority,
      `/usr/sbin/${name}-${backend}-restore`,
      `/usr/sbin/${name}-${backend}-save`,
    ].join("\n");
  const head = [
    "auto",
    `/usr/sbin/${name}`,
    `${name}-restore`,
    `/usr/sbin/${name}-restore`,
    `${name}-save`,
    `/usr/sbin/${name}-save`,
  ];
  return { content: `${head.join("\n")}\n\n${group("legacy", 10)}\n${group("nft", 20)}\n\n`, mode: 0o644 };
}

const NO_LEGACY: HostSpec = { modules: { absent: ["ip_tables", "iptable_filter", "iptable_nat", "ip6_tables"] } };

/** `error missing-library: ...` and `missing: fact` of an image on one host, notices left out. */
function say(listing: Listing, config: Partial<ImageConfig>, host: HostSpec = NO_LEGACY): string[] {
  const variables = [...new Set(programProfiles.flatMap(({ selects }) => selects?.variable?.name ?? []))];
  const toolchain = inspectToolchain(makePlatform(listing, config), { programs: [...programProfiles], variables });
  const image = contextOf({}, "image", toolchain);
  const hosts = [{ host: buildHost(host), programs: [buildProgram(kubelet)] }];
  const [cell] = evaluatePlatform({ ...buildInput({ image: {} }), toolchain, image, hosts });
  if (cell === undefined) throw new Error("one host gives one cell");
  return [
    ...cell.findings
      .filter(({ severity }) => severity !== "notice")
      .map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`),
    ...new Set(cell.missing.map(({ fact }) => `missing: ${fact}`)),
  ];
}

/** The image with this start script, its interpreter's line left out. */
function started(script: string, cmd: string[] = ["/opt/agent"], more: Listing = {}): string[] {
  return say({ ...DEBIAN, "/entry.sh": `#!/bin/sh\n${script}\n`, ...more }, { entrypoint: ["/entry.sh"], cmd });
}

const breaks = [expect.stringMatching(/^error legacy-modules-missing: /)];
const open = [expect.stringMatching(/^missing: (?:what iptables is once|whether \/entry\.sh runs)/)];

test("the control", () => {
  expect(started('exec "$@"')).toEqual([]);
});

describe("a start script that sets legacy", () => {
  test.each([
    "update-alternatives --set iptables /usr/sbin/iptables-legacy",
    "update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null 2>&1 || true",
    "/usr/bin/update-alternatives --quiet --set iptables /usr/sbin/iptables-legacy",
    "set -e\nupdate-alternatives --set iptables /usr/sbin/iptables-legacy && update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy",
    "for c in iptables ip6tables; do\n  update-alternatives --set $c /usr/sbin/$c-legacy\ndone",
    "setup() {\n  update-alternatives --set iptables /usr/sbin/iptables-$1\n}\nsetup legacy",
    `MODE=legacy\nupdate-alternatives --set iptables "/usr/sbin/iptables-${braced("MODE")}"`,
    "update-alternatives --install /usr/sbin/iptables iptables /usr/sbin/iptables-legacy 100",
    "ln -sf /sbin/xtables-legacy-multi /sbin/iptables",
    "cd /usr/sbin\nln -sf xtables-legacy-multi iptables",
    "ln -s /usr/sbin/iptables-legacy /usr/local/sbin/iptables",
    'ln -sf "$(which iptables-legacy)" /usr/sbin/iptables',
    "cp /usr/sbin/xtables-legacy-multi /usr/local/bin/iptables",
    "sh -c 'update-alternatives --set iptables /usr/sbin/iptables-legacy'",
    "sudo -u root update-alternatives --set iptables /usr/sbin/iptables-legacy",
  ])("%s", (text) => {
    expect(started(`${text}\nexec "$@"`)).toContainEqual(breaks[0]);
  });
  test("in the entrypoint's own words", () => {
    const set = "update-alternatives --set iptables /usr/sbin/iptables-legacy";
    expect(say(DEBIAN, { entrypoint: ["sh", "-c", `${set} && exec /opt/agent`] })).toContainEqual(breaks[0]);
    expect(say(DEBIAN, { entrypoint: ["tini", "--", "/bin/sh", "-ec", `${set}; exec /opt/agent`] })).toContainEqual(
      breaks[0],
    );
  });
  test("in a script that it runs, hands over to, or reads", () => {
    const more = { "/opt/set.sh": "#!/bin/bash\nupdate-alternatives --set iptables /usr/sbin/iptables-legacy\n" };
    for (const line of ["/opt/set.sh", "sh /opt/set.sh", ". /opt/set.sh", "exec /opt/set.sh", "bash -x /opt/set.sh"])
      expect(started(`${line}\nexec "$@"`, ["/opt/agent"], more)).toContainEqual(breaks[0]);
    expect(started('exec "$@"', ["/opt/set.sh"], more)).toContainEqual(breaks[0]);
  });
});

test("a start script that writes another backend than the image's iptables", () => {
  const script = { "/entry.sh": "#!/bin/sh\niptables-legacy -P FORWARD ACCEPT\nexec agent\n" };
  expect(say({ ...DEBIAN, ...script }, { entrypoint: ["/entry.sh"] }, {})).toEqual([
    "warning mixed-backends: /entry.sh runs `iptables-legacy` while the image's `iptables` uses nft: two rule sets apply, neither sees the other",
  ]);
  const both = { "/entry.sh": "#!/bin/sh\niptables-legacy -P FORWARD ACCEPT\niptables -P FORWARD ACCEPT\n" };
  expect(say({ ...DEBIAN, ...both }, { entrypoint: ["/entry.sh"] }, {})).toEqual([]);
});

describe("a script that is no file to execute, or that a supervisor runs", () => {
  const content = "#!/bin/bash\niptables-legacy -P FORWARD ACCEPT\n";
  test("a shell runs it by its name", () => {
    const listing = { ...DEBIAN, "/opt/set.sh": { content, mode: 0o644 } };
    expect(say(listing, { entrypoint: ["/bin/sh", "/opt/set.sh"] })).toEqual(breaks);
    expect(say(listing, { entrypoint: ["/opt/agent"] })).toEqual([]);
  });
  test.each(["/etc/cont-init.d/10-nat", "/etc/services.d/nat/run", "/etc/s6-overlay/s6-rc.d/nat/run"])("%s", (path) => {
    const listing = {
      ...DEBIAN,
      [path]: content.replace("/bin/bash", "/usr/bin/with-contenv bash"),
      "/init": "#!/bin/sh\n",
    };
    expect(say(listing, { entrypoint: ["/init"] })).toEqual(breaks);
    expect(say(listing, { entrypoint: ["/opt/agent"] })).toEqual([]);
  });
  test("a folder that the entrypoint names", () => {
    const listing = { ...DEBIAN, "/srv/nat/run": content, "/usr/bin/runsvdir": buildElf({ strings: ["runsvdir"] }) };
    expect(say(listing, { entrypoint: ["/usr/bin/runsvdir", "-P", "/srv"] })).toEqual(breaks);
    expect(say(listing, { entrypoint: ["/usr/bin/runsvdir", "-P", "/other"] })).toEqual([]);
  });
});

describe("a start script that may set legacy leaves open what iptables is", () => {
  test.each([
    'if [ "$MODE" = legacy ]; then\n  update-alternatives --set iptables /usr/sbin/iptables-legacy\nfi',
    '[ -n "$LEGACY" ] && update-alternatives --set iptables /usr/sbin/iptables-legacy',
    "case $MODE in legacy) update-alternatives --set iptables /usr/sbin/iptables-legacy;; esac",
    `update-alternatives --set iptables "/usr/sbin/iptables-${braced("MODE")}"`,
    `update-alternatives --set iptables "/usr/sbin/iptables-${braced("MODE:-legacy")}"`,
    'ln -sf "$(find / -name iptables-legacy)" /usr/sbin/iptables',
    "while read -r c; do ln -sf /usr/sbin/xtables-legacy-multi /usr/sbin/$c; done",
    "if iptables-nft -V; then ln -sf /usr/sbin/xtables-legacy-multi /usr/sbin/iptables; fi",
    "if iptables-nft -L; then ln -sf /usr/sbin/xtables-legacy-multi /usr/sbin/iptables; fi",
  ])("%s", (text) => {
    expect(started(`${text}\nexec "$@"`)).toEqual([expect.stringMatching(/^missing: what iptables is once/)]);
  });
});

describe("a command by its backend's name", () => {
  test.each([
    "iptables-legacy -t nat -A POSTROUTING -j MASQUERADE",
    "/usr/sbin/iptables-legacy -w -t nat -N X",
    "xtables-legacy-multi iptables -t nat -A POSTROUTING -j MASQUERADE",
    "cat /rules | iptables-legacy-restore --noflush",
    "iptables-legacy -t nat -C P -j X 2>/dev/null || iptables-legacy -t nat -A P -j X",
    'IPT="iptables-legacy -w 5"\n$IPT -t nat -A POSTROUTING -j MASQUERADE',
    'ipt() { iptables-legacy -w "$@"; }\nipt -P FORWARD ACCEPT',
    "timeout 5 iptables-legacy -P FORWARD ACCEPT",
    "nsenter -t 1 -n true\nip link\niptables-legacy -P FORWARD ACCEPT || exit 1",
    "set -e\niptables-legacy -F",
    "IPT=$(command -v iptables-legacy)\n$IPT -P FORWARD ACCEPT",
    "set -e\niptables-legacy -P FORWARD ACCEPT\niptables-nft -P FORWARD ACCEPT",
  ])("%s is needed", (text) => {
    expect(started(`${text}\nexec "$@"`)).toEqual(breaks);
  });
  test("as the entrypoint, and as what it is given", () => {
    expect(say(DEBIAN, { entrypoint: ["iptables-legacy-restore", "/rules"] })).toEqual(breaks);
    expect(
      say(DEBIAN, { entrypoint: ["/usr/sbin/xtables-legacy-multi", "iptables"], cmd: ["-P", "FORWARD", "DROP"] }),
    ).toEqual(breaks);
    expect(say(DEBIAN, { entrypoint: ["iptables-legacy"] })).toEqual(breaks);
    expect(started('exec "$@"', ["iptables-legacy-restore", "/rules"])).toEqual(breaks);
  });
  test.each([
    "iptables-legacy -P FORWARD ACCEPT || true",
    "set -e\nset +e\niptables-legacy -P FORWARD ACCEPT\nset -e",
  ])("%s may fail, which is no error", (text) => {
    expect(started(`${text}\nexec agent`)).toEqual([
      expect.stringMatching(/^warning legacy-modules-missing: iptables-legacy /),
    ]);
  });
  test.each([
    'if [ "$MODE" = legacy ]; then iptables-legacy -P FORWARD ACCEPT; fi',
    `IPT=${braced("IPT:-iptables-legacy")}\n$IPT -P FORWARD ACCEPT`,
    "retry 5 iptables-legacy -P FORWARD ACCEPT",
    "[ -e /legacy ] && IPT=iptables-legacy || IPT=iptables-nft\n$IPT -P FORWARD ACCEPT",
  ])("%s is open", (text) => {
    expect(started(`${text}\nexec "$@"`)).toEqual(open);
  });
  test("of the other backend on a host that has it not", () => {
    const host: HostSpec = { modules: { absent: ["nf_tables"] }, backend: "legacy" };
    const legacy = {
      ...DEBIAN,
      ...Object.fromEntries(FAMILIES.map((name) => [`/etc/alternatives/${name}`, `-> /usr/sbin/${name}-legacy`])),
    };
    const script = { "/entry.sh": "#!/bin/sh\niptables-nft -P FORWARD ACCEPT\nexec agent\n" };
    expect(say({ ...legacy, ...script }, { entrypoint: ["/entry.sh"] }, host)).toContainEqual(
      expect.stringMatching(/^error nft-kernel-missing: /),
    );
  });
});

describe("what stays quiet", () => {
  test.each([
    "iptables-nft -L >/dev/null || ln -sf /usr/sbin/xtables-legacy-multi /usr/sbin/iptables",
    "if iptables-legacy -t nat -S INPUT 1 2>/dev/null; then IPT=$(which iptables-legacy); else IPT=iptables; fi\n$IPT -N X",
    "if iptables-legacy-save | grep -q KUBE; then exit 1; fi",
    "if ! iptables -L; then update-alternatives --set iptables /usr/sbin/iptables-legacy; fi",
    "if [ -n $A ] && ! iptables -L; then\n  update-alternatives --set iptables /usr/sbin/iptables-legacy\nfi",
    "if iptables-nft -nL; then\n  :\nelse\n  update-alternatives --set iptables /usr/sbin/iptables-legacy\nfi",
    "iptables-legacy -nL && iptables-legacy -P FORWARD ACCEPT",
    "set -e\nset +e\niptables -P FORWARD ACCEPT\niptables-legacy -P FORWARD ACCEPT\nset -e",
    "for ipt in iptables-nft iptables-legacy; do\n  $ipt -P FORWARD ACCEPT\ndone",
    "# iptables-legacy -A INPUT\n  # update-alternatives --set iptables /usr/sbin/iptables-legacy",
    'echo "run update-alternatives --set iptables /usr/sbin/iptables-legacy; iptables-legacy -A X"',
    "cat <<EOF\niptables-legacy -A INPUT\nupdate-alternatives --set iptables /usr/sbin/iptables-legacy\nEOF",
    "cat <<-'END' >/dev/null\n\tln -sf /sbin/xtables-legacy-multi /sbin/iptables\n\tEND",
    "iptables-legacy --version\niptables-legacy -V >/dev/null 2>&1",
    "n=$(iptables-legacy-save 2>/dev/null | grep -c '^-' || true)",
    "if iptables-legacy -L -n >/dev/null 2>&1; then echo yes; fi",
    "iptables-legacy -t nat -S | head",
    "iptables-legacy -F\niptables-legacy -t nat -D X 1 || true",
    "chroot /host iptables-legacy -A INPUT -j DROP\nnsenter -t 1 -m -n iptables-legacy -A INPUT -j DROP",
    "/host/usr/sbin/iptables-legacy -A INPUT -j DROP",
    "never() { iptables-legacy -A INPUT -j DROP; }",
    "update-alternatives --set iptables /usr/sbin/iptables-nft",
    'if [ -n "$NFT" ]; then update-alternatives --set iptables /usr/sbin/iptables-nft; fi',
    "update-alternatives --auto iptables",
    "update-alternatives --set editor /usr/bin/vim",
    "update-alternatives --set iptables /usr/sbin/iptables-nowhere",
    "update-alternatives --display iptables; update-alternatives --query iptables",
    "update-alternatives --install /usr/sbin/iptables iptables /usr/sbin/iptables-legacy 5",
    "ln -sf /usr/sbin/xtables-legacy-multi /opt/iptables",
    "iptables-nft -P FORWARD ACCEPT\niptables -P FORWARD ACCEPT",
    "grep iptables-legacy -A 3 /proc/modules\nwhich iptables-legacy\ncommand -v iptables-legacy",
    "exit 0\niptables-legacy -A INPUT",
    'exec "$@"\niptables-legacy -A INPUT',
    "update-alternatives --set iptables /usr/sbin/iptables-legacy\nupdate-alternatives --set iptables /usr/sbin/iptables-nft",
  ])("%s", (text) => {
    expect(started(`${text}\nexec "$@"`)).toEqual([]);
  });
  test("scripts that nothing starts, and those that choose by themselves", () => {
    const text = "#!/bin/sh\nupdate-alternatives --set iptables /usr/sbin/iptables-legacy\n";
    expect(started('exec "$@"', ["/opt/agent"], { "/opt/set.sh": text })).toEqual([]);
    expect(started('exec "$@"', ["/opt/agent", "/opt/set.sh"], { "/opt/set.sh": text })).toEqual([]);
    const call = { "/usr/sbin/iptables-wrapper": wrapperScripts.v2 };
    expect(started('/usr/sbin/iptables-wrapper -V\nexec "$@"', ["/opt/agent"], call)).toEqual([]);
  });
  test("alternatives of an image without the program that sets them", () => {
    const listing = Object.fromEntries(
      Object.entries(DEBIAN).filter(([path]) => path !== "/usr/bin/update-alternatives"),
    );
    const script = {
      "/entry.sh": "#!/bin/sh\nupdate-alternatives --set iptables /usr/sbin/iptables-legacy\nexec agent\n",
    };
    expect(say({ ...listing, ...script }, { entrypoint: ["/entry.sh"] })).toEqual([]);
  });
});

describe("a wrapper and binaries that no command reaches", () => {
  const NFT_ONLY = ["iptables", "iptables-nft"].flatMap((name) => SUFFIXES.map((suffix) => `${name}${suffix}`));
  const base: Listing = {
    "/bin/sh": buildElf({ strings: ["sh"] }),
    "/usr/sbin/xtables-nft-multi": staticXtablesMulti("1.8.11", "nft"),
    "/usr/sbin/iptables-wrapper": wrapperScripts.v2,
    ...Object.fromEntries(
      NFT_ONLY.map((name) => [
        `/usr/sbin/${name}`,
        name.includes("nft") ? "-> xtables-nft-multi" : "-> iptables-wrapper",
      ]),
    ),
  };
  const legacy = staticXtablesMulti("1.8.11", "legacy");
  const nothing = (where: string) =>
    `warning missing-binary: the iptables-wrapper has nothing to choose from: the legacy binaries are ${where}, so on a legacy host it goes wrong`;
  const on = (more: Listing, config: Partial<ImageConfig> = {}) => say({ ...base, ...more }, config, {});

  test("the controls", () => {
    expect(on({})).toEqual([nothing("not in the image")]);
    expect(on({ "/usr/sbin/xtables-legacy-multi": legacy })).toEqual([]);
  });
  test.each(["/host-root/usr/sbin", "/rootfs/sbin", "/opt/legacy"])("in %s", (folder) => {
    expect(on({ [`${folder}/xtables-legacy-multi`]: legacy })).toEqual([
      nothing(`not in PATH, only at ${folder}/xtables-legacy-multi`),
    ]);
    expect(
      on({ [`${folder}/xtables-legacy-multi`]: legacy, [`${folder}/iptables-legacy`]: "-> xtables-legacy-multi" }),
    ).toHaveLength(1);
  });
  test("on a host of that backend", () => {
    const host: HostSpec = { backend: "legacy" };
    expect(say({ ...base, "/host-root/sbin/xtables-legacy-multi": legacy }, {}, host)).toContainEqual(
      expect.stringMatching(
        /^error wrapper-missing: the image's selector wants legacy here, but only the nft binaries/,
      ),
    );
  });
  test("that PATH, a link in it or a start script reaches is there", () => {
    const far = { "/opt/legacy/xtables-legacy-multi": legacy };
    const link = { "/usr/sbin/iptables-legacy": "-> /opt/legacy/xtables-legacy-multi" };
    expect(on({ ...far, ...link })).toEqual([]);
    expect(on(far, { env: ["PATH=/usr/sbin:/sbin:/opt/legacy"] })).toEqual([]);
    expect(on({ "/nix/store/0-iptables/bin/xtables-legacy-multi": legacy })).toEqual([]);
    const script = (line: string) => ({ "/entry.sh": `#!/bin/sh\n${line}\nexec agent\n` });
    expect(on({ ...far, ...script("export PATH=$PATH:/opt/legacy") }, { entrypoint: ["/entry.sh"] })).toEqual([]);
    expect(on({ ...far, ...script("  PATH=$PATH:/opt/legacy") }, { entrypoint: ["/entry.sh"] })).toEqual([]);
    expect(on({ ...far, "/usr/sbin/inner": "-> /opt/legacy" }, { env: ["PATH=/usr/sbin:/usr/sbin/inner"] })).toEqual(
      [],
    );
  });
});
