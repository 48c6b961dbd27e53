import { describe, expect, test } from "vitest";
import { codesWith, diagnoseAll, findingOf, type Over, rootCauses } from "../../testing/diagnose-all.ts";
import { ADDRESS, healthyProbe } from "../../testing/healthy-sight.ts";
import { deadArp, deadIp, guestWith } from "../../testing/sick-guest.ts";

const GUEST_UNREACHED = deadArp({ tx: 20, rx: 0 }, { gateway: { ok: false }, closedPort: "unreachable" });
const SILENT = { silent: "CHANNEL_TIMEOUT: no answer within 4000 ms" };
const SWALLOWED = deadIp({ tx: 20, rx: 1 });

test("a healthy host and VM have no trouble in any layer", () => {
  const trouble = diagnoseAll().filter(({ verdict }) => !["pass", "skip"].includes(verdict));
  expect(trouble).toEqual([]);
});

describe("each fault of a guest is the one root cause", () => {
  const faults: ReadonlyArray<readonly [words: string, code: string, vm: Over["vm"]]> = [
    [
      "its link is down",
      "guest-link-down",
      { guest: guestWith({ link: { up: false }, network: { routes: [] } }), probe: GUEST_UNREACHED },
    ],
    [
      "no link has its MAC",
      "guest-link-missing",
      { guest: guestWith({ link: { mac: "02:fc:de:ad:be:ef" } }), probe: GUEST_UNREACHED },
    ],
    [
      "it lost its address",
      "guest-address-missing",
      { guest: guestWith({ link: { addresses: [] }, network: { routes: [] } }), probe: GUEST_UNREACHED },
    ],
    [
      "it has another address",
      "guest-address-wrong",
      { guest: guestWith({ link: { addresses: ["192.168.100.77/24"] } }), probe: GUEST_UNREACHED },
    ],
    [
      "its netmask is /32 and it has no route",
      "guest-prefix-wrong",
      {
        guest: guestWith({ link: { addresses: [`${ADDRESS.ip}/32`] }, network: { routes: [] } }),
        probe: SWALLOWED,
      },
    ],
    ["it has no default route", "guest-gateway-wrong", { guest: guestWith({ network: { routes: [] } }) }],
    [
      "it holds a wrong MAC for its gateway",
      "guest-neighbour-wrong",
      {
        guest: guestWith({
          network: {
            neighbours: [{ ip: ADDRESS.gateway, mac: "02:fc:de:ad:be:ef", dev: "eth0", state: "PERMANENT" }],
          },
        }),
        probe: deadIp({ tx: 20, rx: 20 }),
      },
    ],
    ["its MTU is small", "guest-mtu-wrong", { guest: guestWith({ link: { mtu: 1280 } }) }],
    [
      "two programs configure its link",
      "guest-authorities",
      { guest: guestWith({ network: { authorities: ["NetworkManager", "systemd-networkd"] } }) },
    ],
    [
      "its own firewall drops all that comes in",
      "guest-firewall",
      {
        guest: guestWith({ health: { firewall: ["table inet lab, chain c: iifname eth0 counter drop"] } }),
        probe: SWALLOWED,
      },
    ],
    [
      "its own firewall drops the agent's port",
      "guest-firewall",
      {
        guest: guestWith({ health: { firewall: ["table inet lab, chain c: tcp dport 8080 drop"] } }),
        probe: healthyProbe({ toGuest: { ...healthyProbe().toGuest, agent: "timeout", nonce: "none" } }),
      },
    ],
    ["it answers no ping, by a setting", "guest-not-answering", { probe: SWALLOWED }],
    ["it hangs", "guest-frozen", { guest: SILENT, probe: deadArp({ tx: 20, rx: 0 }) }],
    ["its agent is dead", "guest-silent", { guest: SILENT, probe: healthyProbe({ fromGuest: undefined }) }],
    [
      "it panicked",
      "guest-panic",
      {
        guest: SILENT,
        console: ["[ 1.0] eth0: up", "[ 44.1] Kernel panic - not syncing: Attempted to kill init!"],
        probe: deadArp({ tx: 20, rx: 0 }),
      },
    ],
    [
      "it panicked for want of memory",
      "guest-out-of-memory",
      {
        guest: SILENT,
        console: ["[ 44.1] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled"],
        probe: deadArp({ tx: 0, rx: 0 }),
      },
    ],
    [
      "it has no memory left",
      "guest-out-of-memory",
      { guest: guestWith({ health: { oomKills: 3, memory: { totalKib: 512_000, availableKib: 4000 } } }) },
    ],
    [
      "its disk is full",
      "guest-disk-full",
      {
        guest: guestWith({
          health: {
            filesystems: [{ mount: "/", totalKib: 1_000_000, freeKib: 0, inodesFree: 9, readOnly: false }],
          },
        }),
      },
    ],
    [
      "it has no inode left",
      "guest-disk-full",
      {
        guest: guestWith({
          health: {
            filesystems: [
              { mount: "/", totalKib: 1_000_000, freeKib: 500_000, inodesFree: 0, readOnly: false },
            ],
          },
        }),
      },
    ],
    [
      "its disk is read-only",
      "guest-read-only",
      {
        guest: guestWith({
          health: {
            filesystems: [
              { mount: "/", totalKib: 1_000_000, freeKib: 500_000, inodesFree: 9, readOnly: true },
            ],
          },
        }),
      },
    ],
  ];
  test.each(faults)("%s", (_, code, vm) => {
    expect(rootCauses(vm ? { vm } : {})).toEqual([code]);
  });
});

test("two independent faults of one guest are both named", () => {
  const guest = guestWith({
    link: { addresses: [] },
    network: { routes: [], authorities: ["NetworkManager", "systemd-networkd"] },
    health: { environmentErrors: ["/e:1: there is no `=`"] },
  });
  expect(rootCauses({ vm: { guest, probe: GUEST_UNREACHED } })).toEqual([
    "guest-authorities",
    "guest-address-missing",
    "environment-unparsable",
  ]);
});

describe("the gateway's MAC in the guest", () => {
  const entry = (mac: string) => ({
    guest: guestWith({
      network: { neighbours: [{ ip: ADDRESS.gateway, mac, dev: "eth0", state: "REACHABLE" }] },
    }),
    probe: deadIp({ tx: 20, rx: 20 }),
  });

  test("is the TAP's own when the TAP was off the bridge, and is told so", () => {
    const { cause } = findingOf("guest-neighbour-wrong", { vm: entry("02:aa:00:00:00:01") });
    expect(cause).toContain("bv-0's own MAC, so it was not on the bridge");
  });

  test("is no fault while the gateway answers, however old the entry", () => {
    expect(rootCauses({ vm: { ...entry("02:aa:00:00:00:01"), probe: healthyProbe() } })).toEqual([]);
  });
});

describe("what is no fault", () => {
  const harmless: ReadonlyArray<readonly [words: string, vm: Over["vm"]]> = [
    [
      "a firewall in the guest that stops nobody",
      { guest: guestWith({ health: { firewall: ["tcp dport 25 drop"] } }) },
    ],
    [
      "a console that tells of a panic while the guest answers",
      { console: ["Kernel panic - not syncing: only a joke of the user"] },
    ],
    ["a paused VM that is silent", { state: "paused", guest: SILENT, probe: undefined }],
    ["a second address", { guest: guestWith({ link: { addresses: [`${ADDRESS.ip}/24`, "10.9.9.9/32"] } }) }],
  ];
  test.each(harmless)("%s", (_, vm) => {
    expect(codesWith("fail", vm ? { vm } : {})).toEqual([]);
  });

  test("a larger MTU and a process killed long ago are warnings", () => {
    expect(codesWith("warn", { vm: { guest: guestWith({ link: { mtu: 9000 } }) } })).toEqual([
      "guest-mtu-wrong",
    ]);
    const vm = { guest: guestWith({ health: { oomKills: 1 } }) };
    expect(codesWith("warn", { vm })).toEqual(["guest-out-of-memory"]);
  });
});

test("a guest that is silent leaves its facts unknown, explained by its silence, never passed", () => {
  const findings = diagnoseAll({ vm: { guest: SILENT, probe: healthyProbe({ fromGuest: undefined }) } });
  const unknown = findings.filter(({ verdict }) => verdict === "unknown");
  expect(unknown.map(({ code }) => code)).toContain("guest-address-wrong");
  for (const { suppressedBy } of unknown) expect(suppressedBy).toEqual(["guest-silent"]);
});

test("what a sick guest could not read is unknown", () => {
  const guest = guestWith({ health: { filesystems: [], unread: ["filesystems: spawn ENOMEM"] } });
  expect(codesWith("unknown", { vm: { guest } })).toEqual(["guest-disk-full", "guest-read-only"]);
  expect(codesWith("unknown", { vm: { guest: guestWith({ guest: { health: undefined } }) } })).toContain(
    "guest-firewall",
  );
});
