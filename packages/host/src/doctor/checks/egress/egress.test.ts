import { EgressPolicy, Ipv4 } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { egressElements } from "../../../net/egress/egress-elements.ts";
import type { LinkFacts } from "../../../net/facts.ts";
import type { SetElement } from "../../../net/firewall/ruleset.ts";
import { forwardingOf } from "../../../net/sysctl.ts";
import { goodBridge } from "../../../testing/fake-network.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { TcpAnswer } from "../../sight/vm-sight.ts";
import { codesWith, findingOf, type Over, rootCauses } from "../../testing/diagnose-all.ts";
import { healthyGuest, healthyHost, healthyProbe, healthySubject } from "../../testing/healthy-sight.ts";

const RESOLVER = Ipv4.parse("9.9.9.9");
const { port: _, bridge: __, ...PLAIN } = goodBridge();
const UPLINK: LinkFacts = { ...PLAIN, name: "uplink0", index: 3, kind: "veth", mac: "02:aa:00:00:00:09" };
const DEFAULT = { ip: "0.0.0.0", prefix: 0, ifindex: 3, table: 254, gateway: "169.254.64.1" };
const OK = { ok: true } as const;

/** A host with a way out, and a guest that uses it. */
function withUplink(host: Partial<HostSight> = {}, outside: TcpAnswer = "open", dns = true): Over {
  const good = healthyHost();
  const sysctl = forwardingOf("uplink0");
  const guest = healthyGuest();
  return {
    host: {
      plan: {
        ...good.plan,
        hasUplink: true,
        dns: [RESOLVER],
        openTarget: { what: "the DNS server", ip: RESOLVER, port: 53 },
      },
      target: { ...good.target, sysctls: [...good.target.sysctls, sysctl] },
      sysctls: new Map([...good.sysctls, [sysctl.path, "1"]]),
      uplinkWanted: true,
      uplink: { link: "uplink0", masquerade: false, machineIp: "169.254.64.1" },
      links: [...good.links, UPLINK],
      routes: [...good.routes, DEFAULT],
      ...host,
    },
    vm: {
      guest: { ...guest, network: { ...guest.network, dns: [RESOLVER] } },
      probe: healthyProbe({
        fromGuest: {
          gateway: OK,
          closedPort: "refused",
          fullSize: OK,
          outside,
          dns: dns ? OK : { ok: false, error: "SERVFAIL" },
        },
      }),
    },
  };
}
const settings = (path: string, value: string): HostSight["sysctls"] =>
  new Map([...(withUplink().host?.sysctls ?? []), [path, value]]);
const drop = (host: Partial<HostSight>) => withUplink(host, "timeout", false);

test("a way out that works is well", () => {
  expect(codesWith("fail", withUplink())).toEqual([]);
  expect(codesWith("warn", withUplink())).toEqual([]);
});

describe("each fault of the way out is the one root cause", () => {
  const good = healthyHost();
  const faults: ReadonlyArray<readonly [words: string, code: string, over: Over]> = [
    [
      "the bridge does not forward",
      "forwarding-off",
      drop({ sysctls: settings("net/ipv4/conf/fcbr0/forwarding", "0") }),
    ],
    [
      "the uplink does not forward",
      "forwarding-off",
      drop({ sysctls: settings("net/ipv4/conf/uplink0/forwarding", "0") }),
    ],
    ["the uplink is gone", "uplink-missing", drop({ links: good.links, routes: good.routes })],
    [
      "the uplink is down, and its route went with it",
      "uplink-missing",
      drop({ links: [...good.links, { ...UPLINK, up: false, carrier: false }], routes: good.routes }),
    ],
    ["there is no default route", "no-default-route", drop({ routes: good.routes })],
    [
      "our translation is gone with our tables",
      "rules-missing",
      drop({ uplink: { link: "uplink0", masquerade: true }, rulesLoaded: undefined }),
    ],
    [
      "our translation alone is gone",
      "masquerade-missing",
      drop({ uplink: { link: "uplink0", masquerade: true } }),
    ],
    ["the outside does not answer", "outside-dead", drop({})],
    ["the resolver is dead", "dns-dead", withUplink({}, "refused", false)],
  ];
  test.each(faults)("%s", (_words, code, over) => {
    expect(rootCauses(over)).toEqual([code]);
  });
});

test("the host's own question tells on which side of it the fault lies", () => {
  const cause = (outsideFromHost: TcpAnswer) => findingOf("outside-dead", drop({ outsideFromHost })).cause;
  expect(cause("timeout")).toContain("neither does this host (timeout): the fault lies beyond it");
  expect(cause("open")).toContain("which this host reaches (open)");
});

test("an uplink of an earlier namespace is named", () => {
  const warnings = ["the uplink belongs to an earlier network namespace: start again with `browservm up`"];
  const host = { uplinkWanted: true, plan: { ...healthyHost().plan, warnings } };
  expect(rootCauses({ host })).toEqual(["uplink-stale"]);
});

test("a guest without a name server is warned of, where it has a way out", () => {
  const over = withUplink();
  expect(codesWith("warn", { ...over, vm: { ...over.vm, guest: healthyGuest() } })).toEqual(["dns-none"]);
});

describe("sizes", () => {
  const ladder = (...passed: boolean[]): Over => ({
    vm: {
      probe: healthyProbe({
        toGuest: {
          ...healthyProbe().toGuest,
          mtu: [1172, 1372, 1472].map((payloadBytes, index) => ({
            payloadBytes,
            answer: passed[index] ? OK : { ok: false },
          })),
        },
      }),
    },
  });

  test("that do not pass are named with the largest that does", () => {
    expect(rootCauses(ladder(true, false, false))).toEqual(["path-mtu"]);
    expect(findingOf("path-mtu", ladder(true, false, false)).cause).toContain(
      "the largest that pass have 1200 bytes",
    );
    expect(rootCauses(ladder(true, true, true))).toEqual([]);
  });

  test("from the guest are asked, too", () => {
    const probe = healthyProbe({
      fromGuest: { gateway: OK, closedPort: "refused", fullSize: { ok: false } },
    });
    expect(findingOf("path-mtu", { vm: { probe } }).cause).toContain("from the guest to its gateway");
  });
});

describe("an egress policy", () => {
  const egress = { policy: EgressPolicy.parse({ allow: ["203.0.113.0/24", "a.example"] }), mark: 5 };
  /** The host with these elements of policies in its sets; `held` says what they should be. */
  const withSets = (loaded: readonly SetElement[], held: HostSight["held"]): Over => {
    const { ruleset } = healthyHost();
    const sets = loaded.map(({ set, element }) => ({
      family: "inet",
      table: "browservm",
      name: set,
      elem: [{ concat: element.split(/ [.:] /) }],
    }));
    return {
      host: { held, ...(ruleset ? { ruleset: { ...ruleset, sets: [...ruleset.sets, ...sets] } } : {}) },
    };
  };
  const [{ vmId, address } = { vmId: undefined, address: undefined }] = healthyHost().held;
  const planned = address ? egressElements(address, egress) : [];
  const governed: HostSight["held"] = vmId && address ? [{ vmId, address, egress }] : [];

  test("that is in force is well, and so is none", () => {
    expect(rootCauses(withSets(planned, governed))).toEqual([]);
    expect(rootCauses(withSets([], healthyHost().held))).toEqual([]);
  });

  test("that was lost from a set is named, with what is missing", () => {
    const over = withSets(
      planned.filter(({ set }) => set !== "egress_closed"),
      governed,
    );
    expect(rootCauses(over)).toEqual(["egress-rules"]);
    expect(findingOf("egress-rules", over).cause).toContain(
      "1 elements of the VM's egress policy are missing",
    );
  });

  test("that nobody asked for is named", () => {
    const over = withSets(planned, healthyHost().held);
    expect(findingOf("egress-rules", over).cause).toContain("belong to no policy");
  });
});

describe("the proxy of a session", () => {
  const proxy = (status: "up" | "down", problem: { code: string; message: string; fix: string } | null) => {
    const { vmId } = healthySubject().vm;
    const report = { status, exit: null, checkedAt: null, ms: 3, evidence: [], problem, connections: 0 };
    return { host: { proxies: new Map([[vmId, report]]) } };
  };

  test("that is down is the one root cause, with its own way out", () => {
    const over = proxy("down", {
      code: "PROXY_AUTH_REFUSED",
      message: "it refuses name and password",
      fix: "Say it anew.",
    });
    expect(rootCauses(over)).toEqual(["egress-proxy"]);
    expect(findingOf("egress-proxy", over)).toMatchObject({
      cause: expect.stringContaining("it refuses name and password"),
      fix: { text: "Say it anew." },
    });
  });

  test("that is well is a pass; without one nothing is judged", () => {
    expect(findingOf("egress-proxy", proxy("up", null)).verdict).toBe("pass");
    expect(findingOf("egress-proxy", {}).verdict).toBe("skip");
  });
});
