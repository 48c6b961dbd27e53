#!/bin/sh
# Runs at the end of mmdebstrap, on the host, with the tree as $1: takes the kernel out of its packages (without
# installing them, for that would also build an initramfs), makes the session's user, and leaves nothing behind
# that must differ between VMs.
# Wants: KERNEL_PACKAGES, PREPARE (one command a line, run inside the tree).
set -eu
root=$1
export DEBIAN_FRONTEND=noninteractive

# shellcheck disable=SC2086 # a list of packages
chroot "$root" apt-get -y --no-install-recommends --download-only install $KERNEL_PACKAGES
mkdir "$root/browservm-kernel"
chroot "$root" sh -euc '
  for deb in /var/cache/apt/archives/linux-image-*.deb /var/cache/apt/archives/linux-modules-*.deb; do
    [ ! -e "$deb" ] || dpkg-deb -x "$deb" /browservm-kernel
  done'
modules=$root/browservm-kernel/lib/modules
[ -d "$modules" ] || modules=$root/browservm-kernel/usr/lib/modules
set -- "$modules"/*
[ -d "$1" ] || { echo "E: no kernel modules in: $KERNEL_PACKAGES" >&2; exit 1; }
[ $# -eq 1 ] || { echo "E: more than one kernel in: $KERNEL_PACKAGES" >&2; exit 1; }
version=${1##*/}
mkdir -p "$root/usr/lib/modules"
mv "$1" "$root/usr/lib/modules/"
chroot "$root" depmod -a "$version"
mv "$root/browservm-kernel/boot/vmlinuz-$version" "$root/vmlinuz.browservm"
rm -rf "$root/browservm-kernel"

chroot "$root" useradd --uid 1000 --create-home --shell /bin/bash --comment "Browser session" browser
printf '%s\n' "$PREPARE" | while IFS= read -r command; do
  # shellcheck disable=SC2086 # a command line
  [ -z "$command" ] || chroot "$root" $command
done

# No unit starts because a package wished it; the recipe names those that do.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/*.requires
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/resolv.conf" "$root/etc/hostname"
: >"$root/etc/machine-id"
: >"$root/etc/resolv.conf"
echo browservm >"$root/etc/hostname"
rm -rf "$root"/var/log/* "$root"/var/cache/debconf/*-old "$root"/var/lib/dbus/machine-id
