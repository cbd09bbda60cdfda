/**
 * A stand-in for the script that kubernetes-sigs/iptables-wrappers v2 installs, written for the samples. It decides in the
 * same order (kubelet's marker chains in nft, then in legacy, then the backend with more rules, nft on a tie) and carries
 * the variable name by which that generation is recognised.
 */
export function wrapperScript(sbin: string): string {
  return `#!/bin/sh
# Stand-in for iptables-wrapper v2, part of a reduced re-creation.
name=\${0##*/}

lines() { # PATTERN PROGRAM...
  pattern=$1
  shift
  for program in "$@"; do $program 2>/dev/null; done | grep -c -E "$pattern"
}

marks='^:(KUBE-IPTABLES-HINT|KUBE-KUBELET-CANARY)'
nft_kubelet_rules=$(lines "$marks" 'iptables-nft-save -t mangle' 'ip6tables-nft-save -t mangle')
if [ "$nft_kubelet_rules" -gt 0 ]; then
  mode=nft
elif [ "$(lines "$marks" iptables-legacy-save ip6tables-legacy-save)" -gt 0 ]; then
  mode=legacy
elif [ "$(lines '^-' iptables-legacy-save ip6tables-legacy-save)" -gt "$(lines '^-' iptables-nft-save ip6tables-nft-save)" ]; then
  mode=legacy
else
  mode=nft
fi
exec "/${sbin}/xtables-\${mode}-multi" "$name" "$@"
`;
}
