import { iptablesInUse } from "../backend.ts";
import type { Cell, RawFinding } from "../types.ts";

/** What the kernel asks of whom, and that Kubernetes hands capabilities to root alone. */
const sources = [
  {
    fact: 'iptables 1.8.7 to 1.8.13 of both backends, run by a user without capabilities: exit 4, "Permission denied (you must be root)" (reproduced)',
    source: "https://man7.org/linux/man-pages/man7/capabilities.7.html",
  },
  {
    fact: "what securityContext adds reaches no process of another user than root: there are no ambient capabilities",
    source: "https://github.com/kubernetes/enhancements/issues/2763",
  },
];

/**
 * The image starts as another user than root, and its iptables carries no file capabilities (linkerd's proxy-init and kube-ovn
 * set them). Manifests may run it as root all the same: unless that is stated either way, no more than a warning.
 */
export function withoutPrivilege({ toolchain, image, choice }: Cell): RawFinding[] {
  const { user } = toolchain;
  if (user === undefined || user.becomesRoot !== undefined || image.user === "root") return [];
  if (choice.hostExec === true || (choice.backend !== "nft" && choice.backend !== "legacy")) return [];
  const tool = iptablesInUse(toolchain, choice.backend)
    .flatMap((used) => used.tool ?? [])
    .find(({ fileCapabilities }) => fileCapabilities !== true);
  if (tool === undefined) return [];
  const isStated = image.user === "image";
  return [
    {
      kind: "finding",
      rule: "file-capabilities",
      severity: isStated ? "error" : "warning",
      cause: "user",
      tool: tool.name,
      message: `${tool.name} cannot work as the image's user ${user.name}: ${tool.target} carries no file capabilities${isStated ? "" : " (unless the manifests run the image as root)"}`,
      evidence: [{ fact: `the image's user is ${user.name}`, source: "image" }, ...tool.evidence, ...sources],
      remedy: `\`RUN setcap cap_net_admin,cap_net_raw+ep ${tool.target}\`, or no USER; where the manifests set \`runAsUser: 0\`, state \`user: root\` for the image in the config.`,
    },
  ];
}
