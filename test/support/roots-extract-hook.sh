#!/bin/sh
# Run by mmdebstrap with the root as $1, after the packages were unpacked and before their archives are deleted.
# `--variant=extract` runs no maintainer script and records no package. This writes the records that dpkg would have
# written (var/lib/dpkg/status, info/*), and the alternatives that the packages' own postinst scripts ask for. Nothing
# of the root is executed, so it works for every architecture.
set -eu
root=$1
dpkg=$root/var/lib/dpkg
mkdir -p "$dpkg/info" "$dpkg/alternatives" "$root/etc/alternatives"
: >"$dpkg/status"

for deb in "$root"/var/cache/apt/archives/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  if [ "$(dpkg-deb --field "$deb" Multi-Arch)" = same ]; then
    name=$name:$(dpkg-deb --field "$deb" Architecture)
  fi
  dpkg-deb --field "$deb" | sed '1a Status: install ok installed' >>"$dpkg/status"
  echo >>"$dpkg/status"
  dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -e 's,/$,,' -e 's,^\.$,/.,' -e 's,^\./,/,' >"$dpkg/info/$name.list"
  control=$(mktemp -d)
  dpkg-deb --control "$deb" "$control"
  for file in "$control"/*; do
    case ${file##*/} in control) ;; *) cp "$file" "$dpkg/info/$name.${file##*/}" ;; esac
  done
  rm -r "$control"
done

# The install lines alone are taken from the scripts: the rest of them would act on this machine.
for script in "$dpkg"/info/*.postinst; do
  sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' "$script" | grep -E '^[[:space:]]*update-alternatives[[:space:]]+--install' |
    while read -r _ options; do
      # shellcheck disable=SC2086 # options are words
      update-alternatives --root "$root" --quiet $options
    done
done
