#!/bin/sh
# Runs a command in a network and mount namespace of its own: nothing it makes reaches the machine's network.
set -eu
[ "$(id -u)" = 0 ] || { echo "in-netns.sh: needs root" >&2; exit 77; }
PATH="$(dirname "$0")/../node_modules/.bin:$PATH"
export PATH
exec unshare --net --mount --propagation private -- sh -c '
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
  ip link set lo up
  exec "$@"' in-netns "$@"
