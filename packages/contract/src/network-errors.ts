import type { ErrorRow } from "./error-row.ts";

/** What can be wrong with addresses, TAPs, links and rules of the host. */
export const NETWORK_ERRORS = {
  CIDR_CLASH: {
    status: 409,
    title: "the address range is in use on this machine",
    fix: "Set `network.cidr` to the free range that `details.suggestion` names.",
  },
  NO_FREE_CIDR: {
    status: 409,
    title: "no free address range was found",
    fix: "Set `network.cidr` by hand to a range that this machine does not route.",
  },
  SLOTS_EXHAUSTED: {
    status: 503,
    title: "all addresses are in use",
    fix: "End a session, wait for resting addresses (`details.restingUntil`), or use a larger `network.cidr`.",
  },
  TOO_MANY_PORTS: {
    status: 503,
    title: "the bridge cannot take more ports",
    fix: "A Linux bridge has 1023 ports; end sessions first.",
  },
  TAP_BUSY: {
    status: 409,
    title: "the TAP device is held by another process",
    fix: "Stop the process that `details.pid` names, then try again.",
  },
  TAP_NAME_TAKEN: {
    status: 409,
    title: "the TAP's name belongs to something else",
    fix: "Remove or rename the link that `details.name` names; BrowserVM never deletes what it did not make.",
  },
  LINK_NOT_FOUND: { status: 404, title: "there is no such network link", fix: "Run `browservm doctor`." },
  NETLINK_REFUSED: {
    status: 500,
    title: "the kernel refused a network change",
    fix: "Read `details.errno` and the kernel's own words in `details.kernel`.",
  },
  FIREWALL_REFUSED: {
    status: 500,
    title: "nftables refused our rules",
    fix: "Read `details.stderr`; check that the kernel has nf_tables and that nft is ≥ 0.9.8.",
  },
  NETNS_REPLACED: {
    status: 503,
    title: "the network namespace was deleted and made anew under running VMs",
    fix: "Those VMs cannot be reached any more: end their sessions.",
  },
} as const satisfies Record<string, ErrorRow>;
