import { describe, expect, test } from "vitest";
import { codesOf, type Overlay, rootsOf, subjectWith } from "../../testing/diagnose.ts";
import { ADDRESS, healthyHost, healthyVm } from "../../testing/healthy-sight.ts";
import {
  counted,
  DEAD,
  drops,
  guestCounters,
  PORT,
  pingOnly,
  TAP,
  TUN,
  UNHEARD,
  withoutTap,
} from "../../testing/tap-overlays.ts";

const HARMLESS: ReadonlyArray<readonly [what: string, over: Overlay]> = [
  ["nothing at all", {}],
  [
    "a TAP without vnet_hdr that nobody holds yet",
    {
      tap: { carrier: false, port: { ...PORT, state: 0 }, tun: { ...TUN, vnetHdr: false } },
      bridge: { carrier: false },
      host: { holders: [] },
      vm: { state: "booting", vmm: { ...healthyVm().vmm, pid: undefined, alive: false }, probe: undefined },
    },
  ],
  [
    "a veth, whose other end the guest has",
    { tap: { kind: "veth", tun: undefined }, host: { holders: [] }, vm: { port: "veth" } },
  ],
  ["learning off alone", { tap: { port: { ...PORT, learning: false } } }],
  ["flood off alone", { tap: { port: { ...PORT, flood: false } }, host: { fdb: [] } }],
  [
    "the TAP's MAC is the guest's, so the forwarding table has it permanently",
    {
      tap: { mac: ADDRESS.mac },
      host: { fdb: [{ mac: ADDRESS.mac, ifindex: TAP.index, permanent: true, static: false }] },
    },
  ],
  ["the forwarding table was flushed", { host: { fdb: [] } }],
  ["a tc filter that drops nothing", { host: { tcFilters: [{ ...drops("ingress"), drops: false }] } }],
  [
    "packets that conntrack calls invalid, while virtio headers are in order",
    {
      host: { counters: { before: { "Conntrack.invalid": 1 }, after: { "Conntrack.invalid": 9 } } },
      vm: { probe: pingOnly },
    },
  ],
  [
    "frames that our rules refuse for another reason than their MAC",
    {
      host: { ruleset: counted({ spoofed_arp: 0 }), rulesetAfter: counted({ spoofed_arp: 7 }) },
      vm: UNHEARD,
    },
  ],
  ["a tc filter that drops on another link", { host: { tcFilters: [{ ...drops("egress"), link: "eth0" }] } }],
  [
    "old checksum errors of the host, and others' during the probe",
    { host: { counters: { before: { "Tcp.InCsumErrors": 5 }, after: { "Tcp.InCsumErrors": 9 } } } },
  ],
  ["old checksum errors of the guest", { vm: { guest: guestCounters({ "Tcp.InCsumErrors": 3 }) } }],
  [
    "a port whose carrier the kernel has not told the bridge yet",
    { tap: { operstate: 2, port: { ...PORT, state: 0 } } },
  ],
  [
    "a guest that forges frames and yet answers",
    { host: { ruleset: counted({ spoofed_mac: 0 }), rulesetAfter: counted({ spoofed_mac: 50 }) } },
  ],
];

describe("what does no harm is not flagged", () => {
  test.each(HARMLESS)("%s", (_what, over) => {
    const subject = subjectWith(over);
    const trouble = ["fail", "warn", "unknown"] as const;
    expect(trouble.flatMap((verdict) => codesOf(subject, verdict))).toEqual([]);
  });
});

const WARNED: ReadonlyArray<readonly [what: string, over: Overlay, code: string]> = [
  [
    "an address on the TAP while the route still goes by the bridge",
    {
      host: {
        addresses: [...healthyHost().addresses, { ifindex: TAP.index, ip: "192.168.100.1", prefix: 24 }],
        routes: [
          ...healthyHost().routes,
          { ip: "192.168.100.0", prefix: 24, ifindex: TAP.index, table: 254, source: "192.168.100.1" },
        ],
      },
    },
    "tap-address",
  ],
  [
    "a VMM that opened the TAP without virtio headers",
    { tap: { tun: { ...TUN, vnetHdr: false } } },
    "tap-no-vnet-hdr",
  ],
  ["a TAP with a larger MTU", { tap: { mtu: 9000 } }, "tap-mtu"],
  ["a locked port whose guest is known", { tap: { port: { ...PORT, locked: true } } }, "port-locked"],
  [
    "a tc filter that drops what we do not send",
    { host: { tcFilters: [drops("ingress", 4)] } },
    "tap-ingress-filter",
  ],
  [
    "a tc filter that never matched, on a path that is dead for another reason",
    { host: { tcFilters: [drops("egress", 0)] }, vm: DEAD },
    "tap-egress-filter",
  ],
];

describe("what works by luck, or is merely slow, is a warning and no fault", () => {
  test.each(WARNED)("%s", (_what, over, code) => {
    const subject = subjectWith(over);
    expect(codesOf(subject, "warn")).toEqual([code]);
    expect(codesOf(subject, "fail")).toEqual([]);
  });
});

describe("what cannot be looked at is unknown, never a pass", () => {
  test("filters, when tc cannot be asked", () => {
    const subject = subjectWith({ host: { tcFilters: undefined } });
    expect(codesOf(subject, "unknown")).toEqual(["tap-ingress-filter", "tap-egress-filter"]);
  });

  test("the holder, when /proc does not show who gives the TAP its carrier", () => {
    const subject = subjectWith({ host: { holders: [] } });
    expect(codesOf(subject, "unknown")).toEqual(["tap-replaced", "tap-not-held"]);
    expect(rootsOf(subject)).toEqual([]);
  });

  test("checksum errors, when nobody counts them and only ping passes", () => {
    const guest = { silent: "no answer" };
    const subject = subjectWith({ vm: { probe: pingOnly, guest } });
    expect(codesOf(subject, "unknown")).toEqual(["checksum-lost", "checksum-lost-to-guest"]);
  });
});

test("a VM that is being made or taken apart is asked nothing about its TAP", () => {
  for (const state of ["creating", "stopping", "stopped"] as const) {
    expect(rootsOf(subjectWith(withoutTap({ vm: { state, probe: undefined } })))).toEqual([]);
  }
});
