import { beforeAll, expect, test } from "vitest";
import { inspectToolchain } from "../../src/toolchain/inspect.ts";
import { type GoTarget, type GoWorkshop, openGoWorkshop, RELEASE } from "../support/go-programs.ts";
import { scratchFolder } from "../support/scratch.ts";
import { skipTest } from "../support/skip.ts";
import { makePlatform } from "../support/tree.ts";

/** Programs that the Go compiler made, as releases are made: stripped, without paths, for other machines. */

const scratch = scratchFolder("go");
let workshop: GoWorkshop | string;

beforeAll(() => {
  workshop = openGoWorkshop(scratch.path);
}, 400_000);

const STRIPPED = ["-trimpath", "-ldflags", "-s -w"];
const AGENT = ["github.com/coreos/go-iptables@v0.8.0", "sigs.k8s.io/knftables@v0.0.18"];
const NATIVE = ["github.com/google/nftables@v0.3.0", "github.com/vishvananda/netlink@v1.3.1"];

interface Row {
  title: string;
  target: GoTarget;
  version: string;
  libraries: string[];
}

const STATIC = { GOOS: "linux", GOARCH: "amd64", CGO_ENABLED: "0" };
const rows: Row[] = [
  {
    title: "stripped, static",
    target: { package: "agent", arguments: STRIPPED, environment: STATIC },
    version: RELEASE,
    libraries: AGENT,
  },
  {
    title: "stripped, position-independent",
    target: { package: "agent", arguments: [...STRIPPED, "-buildmode=pie"], environment: STATIC },
    version: RELEASE,
    libraries: AGENT,
  },
  {
    title: "stripped, for arm64",
    target: { package: "agent", arguments: STRIPPED, environment: { ...STATIC, GOARCH: "arm64" } },
    version: RELEASE,
    libraries: AGENT,
  },
  {
    title: "speaks netlink, version by the linker",
    target: {
      package: "native",
      arguments: ["-buildvcs=false", "-ldflags", "-s -w -X main.version=v0.9.1"],
      environment: STATIC,
    },
    version: "v0.9.1",
    libraries: NATIVE,
  },
];

test.for(rows)("a Go program: $title", { timeout: 400_000 }, (row, context) => {
  const what = "real Go programs";
  if (typeof workshop === "string") skipTest(context, what, workshop);
  const bytes = workshop.build(row.target);
  const { GOARCH } = row.target.environment;
  const platform = makePlatform(
    { "/usr/bin/cni-agent": bytes },
    { entrypoint: ["/usr/bin/cni-agent"] },
    `linux/${GOARCH}`,
  );
  const toolchain = inspectToolchain(platform, { programs: [], variables: [] });
  expect(toolchain.program).toMatchObject({
    name: "agent",
    version: row.version,
    path: "/usr/bin/cni-agent",
    module: "example.org/cni/agent",
    libraries: row.libraries,
  });
  const commits = toolchain.program?.evidence.map(({ fact }) => fact).filter((fact) => fact.startsWith("built from"));
  expect(commits).toEqual(row.target.package === "agent" ? [`built from commit ${workshop.commit}`] : []);
  expect(toolchain.tools).toEqual([]);
  expect(toolchain.missing).toEqual([]);
});
