#!/bin/sh
# Prints what netfilter-compat wants to know of a node, one key=value a line. Reads files and asks tools for their versions;
# it changes nothing, loads no module and needs no root.
#
#   ssh NODE sh -s < collect-host-facts.sh > node.facts
#   kubectl debug node/NODE -i --image=busybox -- chroot /host sh -s < collect-host-facts.sh > node.facts
#
# In the config: hosts: [{facts: node.facts}]
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
LC_ALL=C
export PATH LC_ALL

say() { # KEY VALUE: control characters would end a line or a terminal
  [ -n "$2" ] && printf '%s=%s\n' "$1" "$(printf '%s' "$2" | head -n 1 | tr -d '\000-\037' | cut -c 1-200)"
}

say format netfilter-compat-facts-1
release=$(uname -r)
say kernel "$release"
say architecture "$(uname -m)"
say name "$(uname -n)"
for key in ID VERSION_ID PRETTY_NAME; do
  say "os.$key" "$(sed -n "s/^$key=//p" /etc/os-release 2>/dev/null | tr -d "\"'")"
done

for tool in iptables ip6tables nft ipset; do
  path=$(command -v "$tool" 2>/dev/null)
  if [ -z "$path" ]; then say "tool.$tool" absent; continue; fi
  case $tool in
    nft) version=$("$tool" --version 2>/dev/null) ;;
    ipset) version=$("$tool" -v 2>/dev/null) ;;
    *) version=$("$tool" -V 2>/dev/null) ;;
  esac
  say "tool.$tool" "${version:-unreadable}"
  say "path.$tool" "$(readlink -f "$path" 2>/dev/null)"
done

# The package that brought the iptables that runs: distributions repair things under an old version number.
path=$(readlink -f "$(command -v iptables 2>/dev/null)" 2>/dev/null)
if [ -n "$path" ]; then
  if command -v rpm >/dev/null 2>&1 && package=$(rpm -qf --qf '%{VERSION}-%{RELEASE}\n' "$path" 2>/dev/null); then :
  elif command -v dpkg-query >/dev/null 2>&1; then
    # On a merged /usr the package may know the file by its old name.
    owner=$(dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null)
    package=$(dpkg-query -W -f '${Version}\n' "${owner%%:*}" 2>/dev/null)
  elif command -v apk >/dev/null 2>&1; then
    package=$(apk info -W "$path" 2>/dev/null | sed -n 's/.* owned by .*-\([0-9][^-]*-r[0-9]*\)$/\1/p')
  else package=
  fi
  say package.iptables "$package"
fi

folder=/lib/modules/$release
[ -d "$folder" ] || folder=/usr/lib/modules/$release

# loaded and builtin are seen; loadable and absent only where the kernel's own lists can be read.
state() {
  dashed=$(printf '%s' "$1" | tr _ -)
  if grep -q "^$1 " /proc/modules 2>/dev/null; then echo loaded
  elif grep -Eq "/($1|$dashed)\.ko" "$folder/modules.builtin" 2>/dev/null; then echo builtin
  elif grep -Eq "/($1|$dashed)\.ko[.a-z0-9]*:" "$folder/modules.dep" 2>/dev/null; then
    # A module that modprobe is told not to load by name is still loaded by nobody else.
    if grep -rhEqs "^[[:space:]]*install[[:space:]]+$1[[:space:]]+(/usr)?/bin/(false|true)" /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d; then echo blocked; else echo loadable; fi
  elif [ -r "$folder/modules.dep" ] && [ -r "$folder/modules.builtin" ]; then echo absent
  fi
}

for module in ip_tables iptable_filter iptable_nat iptable_mangle iptable_raw iptable_security \
  ip6_tables ip6table_filter ip6table_nat ip6table_mangle ip6table_raw arp_tables ebtables \
  nf_tables nft_compat nft_fib nft_fib_inet xt_comment xt_conntrack xt_addrtype xt_mark xt_multiport xt_statistic \
  xt_nat xt_MASQUERADE xt_NFLOG xt_set xt_CT xt_TPROXY xt_socket xt_recent xt_TCPMSS xt_physdev \
  ip_set ip_set_hash_ip ip_set_hash_net ip_set_hash_ipport ip_set_hash_netnet ip_set_hash_netiface ip_set_bitmap_port ip_set_list_set; do
  say "module.$module" "$(state "$module")"
done

config() {
  if [ -r /proc/config.gz ]; then zcat /proc/config.gz 2>/dev/null; return; fi
  for file in "/boot/config-$release" "$folder/config" "/usr/lib/kernel/config-$release"; do
    if [ -r "$file" ]; then cat "$file"; return; fi
  done
}
for option in NETFILTER_XTABLES_COMPAT NETFILTER_XTABLES_LEGACY IP_NF_IPTABLES IP_NF_IPTABLES_LEGACY IP6_NF_IPTABLES \
  IP_NF_FILTER IP_NF_NAT IP_NF_MANGLE IP_NF_RAW NF_TABLES NFT_COMPAT IP_SET; do
  line=$(config | grep -E "^(CONFIG_$option=|# CONFIG_$option is not set)" | head -n 1)
  case $line in
    "CONFIG_$option="*) say "config.$option" "${line#*=}" ;;
    "#"*) say "config.$option" n ;;
  esac
done
say end 1
