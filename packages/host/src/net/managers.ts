/** Programs that take over links or firewalls unless told otherwise; /proc/PID/comm, at most 15 bytes. */
export const LINK_MANAGERS: readonly string[] = [
  "NetworkManager",
  "systemd-network", // systemd-networkd, as the kernel cuts it
  "dockerd",
  "firewalld",
  "connmand",
  "dhcpcd",
  "libvirtd",
  "ufw",
];

/** Those, and programs that change links, addresses, routes or rules of their own: suspects when ours change. */
export const NETWORK_CHANGERS: ReadonlySet<string> = new Set([
  ...LINK_MANAGERS,
  "containerd",
  "dhclient",
  "wickedd",
  "keepalived",
  "cilium-agent",
  "calico-node",
  "kube-proxy",
  "flanneld",
  "podman",
  "netplan",
  "ovs-vswitchd",
  "wg-quick",
  "fail2ban-server",
]);
