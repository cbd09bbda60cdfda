import * as z from "zod/mini";
import { commentModes, failLevels } from "../model/choices.ts";
import { moduleStateSchema } from "../model/host.ts";
import { formatLimit, type LimitName, limitForm, limitTable } from "../model/limits.ts";
import { operationSchema } from "../model/program.ts";
import { severities } from "../model/report.ts";
import { backendSchema } from "../model/toolchain.ts";

/** The config file, `.github/netfilter-compat.yml`. Published as schema/config.schema.json. */

/** A version must be text: YAML reads an unquoted 7.20 as the number 7.2. */
const version = z
  .string()
  .check(z.regex(/^\d+(\.\d+){1,3}$/, 'a version of two to four numbers in quotes, e.g. "1.8.9"'));

/** Text of docs/configuration.md and of the published schema; every field has one. */
const about = z.describe;

const ownProgram = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(100), about("Name, as the report shows it.")),
  iptables: z.optional(version.check(about("Version of the iptables that it carries."))),
  backend: z.optional(
    z
      .enum([...backendSchema.options, "native-nft"])
      .check(about("Backend that its iptables uses; native-nft: it speaks nftables, in tables of its own name.")),
  ),
  ipset: z.optional(version.check(about("Version of the ipset that it carries."))),
  nft: z.optional(version.check(about("Version of the nft that it carries."))),
  writes: z.optional(
    z
      .array(z.string())
      .check(
        about(
          "What its rules hold, each part by its name in docs/compatibility.md; further ones are dnat, snat, masquerade. DNAT of a port is [dnat, port]. Without it the common ones, as warnings.",
        ),
      ),
  ),
  creates: z.optional(
    z
      .array(z.string().check(z.regex(/^[a-z]+:[a-z,]+$/, "a set type, e.g. hash:ip,port")))
      .check(about("Set types that it creates with ipset, [] for none. Without it every type may be among them.")),
  ),
  "lists-all-sets": z.optional(
    z
      .boolean()
      .check(
        about(
          "Whether it runs ipset list or ipset save for all sets, not by name. Without it both are possible, as warnings.",
        ),
      ),
  ),
  operations: z.optional(
    z
      .array(operationSchema)
      .check(
        about(
          "What it does with rules that others wrote. list is -S or -L of a whole table; save: it goes by the rules that iptables-save prints; save-chains: by the names of chains in that alone. Without it nothing is certain.",
        ),
      ),
  ),
  "changes-rules": z.optional(
    z.boolean().check(about("Whether it keeps changing rules while the node runs, as kube-proxy does. Default false.")),
  ),
});
const program = z.union([z.string(), ownProgram]);

const ownHost = z.strictObject({
  id: z
    .string()
    .check(
      z.regex(/^[a-z0-9][a-z0-9._-]*$/i, "letters, digits, dots, dashes and underscores"),
      about("Name of the host in reports and ignores."),
    ),
  extends: z.optional(z.string().check(about("Catalogue id whose facts it takes; those below override them."))),
  kernel: z.optional(z.string().check(about("Kernel release, as uname -r says."))),
  architectures: z.optional(
    z
      .array(z.string().check(z.regex(/^[a-z0-9]{2,20}$/, "an architecture as in a platform, e.g. amd64")))
      .check(
        z.minLength(1),
        about("Architectures of such nodes, e.g. [arm64]; other platforms are not judged there. Without it any."),
      ),
  ),
  iptables: z.optional(
    z
      .strictObject({
        version: z.optional(version.check(about("Version of the node's own iptables."))),
        release: z.optional(
          z
            .string()
            .check(
              z.regex(/^[A-Za-z0-9][A-Za-z0-9.+~_]{0,60}$/, "what follows the version, e.g. 17.el8_3.1"),
              about("The distribution's release of that version, e.g. 17.el8_3.1: it tells what was repaired in it."),
            ),
        ),
        backend: z.optional(backendSchema.check(about("Backend of the node's own iptables."))),
      })
      .check(about("The node's own iptables.")),
  ),
  nft: z.optional(
    z
      .strictObject({ version: z.optional(version.check(about("Version of the node's own nft."))) })
      .check(about("The node's own nft.")),
  ),
  ipset: z.optional(
    z
      .strictObject({ version: z.optional(version.check(about("Version of the node's own ipset."))) })
      .check(about("The node's own ipset.")),
  ),
  modules: z.optional(
    z.record(z.string(), moduleStateSchema).check(about("State of kernel modules, by name, e.g. ip_tables: absent.")),
  ),
  "xtables-compat": z.optional(
    z
      .boolean()
      .check(
        about(
          "Whether 32-bit iptables-legacy works on its 64-bit kernel (CONFIG_NETFILTER_XTABLES_COMPAT). Without it what is known of the kernel.",
        ),
      ),
  ),
  programs: z.optional(z.array(program).check(about("Programs on this host, instead of the list for all hosts."))),
});
const nodesFile = z.strictObject({
  nodes: z.string().check(about("File with the output of kubectl get nodes -o json, from the repository's root.")),
});
const factsFile = z.strictObject({
  facts: z
    .string()
    .check(
      about(
        "File that the script of `netfilter-compat hosts --collect` wrote on one node, from the repository's root. If a list of nodes names that node, it holds for all nodes of its system and kernel.",
      ),
    ),
});

const image = z.strictObject({
  match: z
    .string()
    .check(about("Image reference that the entry is for; * stands for any text. The first that fits counts.")),
  program: z.optional(
    z
      .string()
      .check(about("The image's own program, name or name@version from the catalogue, where its files don't tell.")),
  ),
  env: z.optional(z.record(z.string(), z.string()).check(about("Environment that the manifests set."))),
  options: z.optional(
    z
      .record(z.string(), z.union([z.string(), z.boolean()]))
      .check(
        about(
          "Options that the manifests give to the image's program elsewhere than in its environment, by flags or config files: EnableNFTables of flannel, firewall-backend of Docker.",
        ),
      ),
  ),
  network: z.optional(
    z
      .enum(["host", "pod"])
      .check(
        about(
          "Network namespace: the node's, or its own, where node programs write nothing. Default: what is known of the image's program, else the node's.",
        ),
      ),
  ),
  tools: z.optional(
    z
      .enum(["host", "none"])
      .check(
        about(
          "What it reaches netfilter with where no netfilter tool is in it: the host's own tools, or none, because its program speaks netlink itself.",
        ),
      ),
  ),
  user: z.optional(
    z
      .enum(["root", "image"])
      .check(
        about("As whom the manifests run it: root, whatever the image says (runAsUser: 0), or the image's own user."),
      ),
  ),
  modules: z.optional(
    z
      .enum(["host", "none"])
      .check(about("Whether it can load kernel modules of the node (mounts /lib/modules with the right to).")),
  ),
});

const ignore = z.strictObject({
  rule: z.optional(z.string().check(about("Rule that is ignored; without it all rules."))),
  host: z.optional(z.string().check(about("Host id, * allowed; without it all hosts."))),
  program: z.optional(
    z
      .string()
      .check(about("Program that the finding is about, kube-proxy or kube-proxy@1.36, * allowed; without it any.")),
  ),
  until: z
    .string()
    .check(
      z.regex(/^\d{4}-\d{2}-\d{2}$/, "a date, e.g. 2027-01-31"),
      about("Last day it counts, YYYY-MM-DD. After it the finding counts again and the report says so."),
    ),
  reason: z.string().check(z.minLength(1), z.maxLength(500), about("Why; shown in the report.")),
});

/** A number says bytes or how many; a time has its unit. */
function limitValue({ unit, standard, about: text }: (typeof limitTable)[number]) {
  const { pattern, text: form } = limitForm(unit);
  const written = z.string().check(z.regex(pattern, form));
  const value = unit === "time" ? written : z.union([written, z.number().check(z.gte(1, form), z.multipleOf(1, form))]);
  return z.optional(value.check(about(`${text} Default: ${formatLimit(unit, standard)}.`)));
}

const limits = z.strictObject(
  Object.fromEntries(limitTable.map((row) => [row.name, limitValue(row)])) as Record<
    LimitName,
    ReturnType<typeof limitValue>
  >,
);

export const configSchema = z.strictObject({
  hosts: z.optional(
    z
      .array(z.union([z.string(), nodesFile, factsFile, ownHost]))
      .check(
        about(
          "Hosts to check against: catalogue ids and queries, nodes of a cluster, own hosts. Default: the selection default, about a dozen.",
        ),
      ),
  ),
  programs: z.optional(
    z
      .array(program)
      .check(
        about(
          "Programs on every node beside the image: name@version from the catalogue (src/knowledge/programs), or own ones. Default: kubelet and kube-proxy of the oldest and newest maintained Kubernetes.",
        ),
      ),
  ),
  images: z.optional(z.array(image).check(about("What only the manifests know of an image."))),
  ignore: z.optional(z.array(ignore).check(about("Findings that are accepted until a day."))),
  severity: z.optional(
    z
      .record(z.string(), z.enum(severities))
      .check(about("Other severities, by rule. None is switched off so: that is what ignore is for.")),
  ),
  "fail-on": z.optional(z.enum(failLevels).check(about("Least severity that fails. Default: error."))),
  "fail-on-unknown": z.optional(z.boolean().check(about("Hosts that can't be judged fail too. Default: false."))),
  "fail-on-existing": z.optional(z.boolean().check(about("Findings that the base has too fail. Default: false."))),
  comment: z.optional(
    z.enum(commentModes).check(about("When the pull-request comment is written. Default: on-failure.")),
  ),
  limits: z.optional(
    limits.check(
      about(
        "Bounds on what an image may make the run read, keep and wait for. Exceeding one is an error, exit code 2; nothing is left out because of one. Sizes in B, KiB, MiB, GiB or TiB, times in s, min or h; --limit of the command line beats them.",
      ),
    ),
  ),
});

export type Config = z.infer<typeof configSchema>;
export type ConfigHost = NonNullable<Config["hosts"]>[number];
