import type { NotHere } from "./fault.ts";

/** Rows of the facts files that the laboratory cannot inject, each with its reason. Nothing is left out silently. */
export const NOT_HERE: readonly NotHere[] = [
  {
    what: "UDP, or UDP and TCP, dropped on the way to a viewer",
    facts: "issue 5, UDP blocked, TCP blocked",
    why: "needs a browser: tests/web/live-ladder.test.ts drops the packets in a namespace, and asks these checks there",
  },
  {
    what: "TCP alone dropped on the way to a viewer",
    facts: "issue 5, TCP blocked",
    why: "browsers do not try TCP while UDP works: nobody can see it before UDP is dropped too",
  },
  {
    what: "a display that ends, an encoder that crashes, in a real guest",
    facts: "issue 5, encoder dead, display gone",
    why: "the guest of these tests speaks the protocol's own bytes; what the helper does then is tested in packages/guest-agent/src/media",
  },
  {
    what: "a viewer that receives and does not decode, or decodes and does not paint",
    facts: "issue 5, decoded, painted",
    why: "a browser falls to the next way first; the checks have unit tests on what it would tell",
  },
  {
    what: "vlan_filtering with a wrong pvid",
    facts: "network-facts 4c",
    why: "needs a kernel with CONFIG_BRIDGE_VLAN_FILTERING; the check bridge-vlan-filtering has unit tests",
  },
  {
    what: "netem loss and delay",
    facts: "network-facts 9",
    why: "needs sch_netem; lost large packets are injected in the VMM instead",
  },
  {
    what: "neighbour table full",
    facts: "network-facts 4c, FVN2008",
    why: "gc_thresh1-3 exist once for the machine, not for a namespace: the laboratory never touches the machine",
  },
  {
    what: "conntrack table full",
    facts: "network-facts 8.9",
    why: "nf_conntrack_max is read-only in a namespace: it belongs to the machine",
  },
  {
    what: "softnet backlog drops",
    facts: "firecracker-facts 4.2, FVN2008",
    why: "netdev_max_backlog belongs to the machine",
  },
  {
    what: "KVM that opens and boots nothing",
    facts: "firecracker-facts 4.5, FVN5001",
    why: "the laboratory's VMs are fakes; the check kvm-does-not-boot has unit tests, and the vm tier chooses the accelerator for real",
  },
  {
    what: "device not activated, RX freeze, limiter throttled",
    facts: "firecracker-facts 4.1 and 4.4, FVN1010, FVN4004, FVN4009",
    why: "needs Firecracker's own metrics; it does not run here",
  },
  { what: "LRO on the uplink", facts: "firecracker-facts 4.4, FVN4003", why: "needs a network card" },
  { what: "TapSetOffload EINVAL", facts: "firecracker-facts 4.1, FVN1008", why: "needs an older kernel" },
  {
    what: "EBUSY, EINVAL and EPERM when a VMM opens its TAP",
    facts: "firecracker-facts 4.1, FVN1001-1003",
    why: "such a VM never starts: its launch fails with TAP_BUSY or VMM_EXITED_EARLY, which the netns and vm tiers prove; what is left behind (held by another, wrong kind, wrong owner) is injected",
  },
  {
    what: "duplicate address by two VMs of one host",
    facts: "network-facts 4d",
    why: "our anti-spoofing rules drop the second one's ARP; a stranger's port is used instead",
  },
  {
    what: "browser dead or blank",
    facts: "issue 3",
    why: "needs an image with a browser; the vm and web tiers have it, the check browser-dead has unit tests",
  },
  {
    what: "VMM in a namespace that was replaced under its name",
    facts: "architecture, named namespace",
    why: "the namespace is the laboratory's own floor; the check vmm-namespace has unit tests",
  },
  {
    what: "uplink of a namespace that is gone",
    facts: "architecture, named namespace",
    why: "hostd reads the uplink when it starts; the check uplink-stale has unit tests",
  },
  {
    what: "kernel 5.15 and 6.1",
    facts: "network-facts 9",
    why: "one kernel at a time: CI runs the laboratory on those of its images",
  },
];
