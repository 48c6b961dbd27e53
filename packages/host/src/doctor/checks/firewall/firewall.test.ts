import { describe, expect, test } from "vitest";
import type { Ruleset } from "../../../net/firewall/nft.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { tallyWays } from "../../sight/probed-ways.ts";
import {
  ADDRESS,
  healthyHost,
  healthyProbe,
  healthySubject,
  healthyVm,
  ourRuleset,
} from "../../testing/healthy-sight.ts";
import { FIREWALL_HOST_CHECKS, FIREWALL_VM_CHECKS } from "./index.ts";
import {
  accept,
  base,
  chain,
  counter,
  docker,
  dport,
  drop,
  established,
  etherIp,
  extension,
  firewalld,
  iif,
  ipVersion,
  jump,
  oif,
  type Place,
  ruleset,
  saddr,
  ufw,
} from "./testing/foreign-rulesets.ts";

/** A sight in which these rules stand beside ours, before and after the probe. */
function beside(before: Ruleset, over: Partial<HostSight> = {}, after: Ruleset = before): HostSight {
  const ours = ourRuleset();
  const join = (one: Ruleset): Ruleset => ({ ...one, sets: [...ours.sets, ...one.sets] });
  return healthyHost({ ruleset: join(before), rulesetAfter: join(after), ...over });
}
const troubles = (sight: HostSight): string[] =>
  FIREWALL_HOST_CHECKS.filter((check) => !["pass", "skip"].includes(check.judge(sight).verdict)).map(
    ({ code }) => code,
  );
const causeOf = (code: string, sight: HostSight): string => {
  const judgement = FIREWALL_HOST_CHECKS.find((check) => check.code === code)?.judge(sight);
  return judgement && "cause" in judgement ? judgement.cause : "";
};
const UPLINK = { link: "eth0", masquerade: true } as const;
const BRIDGE = "fcbr0";
const TAP = ADDRESS.tap;

test("a healthy host and VM pass, or the question does not arise", () => {
  expect(troubles(healthyHost())).toEqual([]);
  const answers = FIREWALL_VM_CHECKS.map((check) => check.judge(healthySubject()).verdict);
  expect(answers).toEqual(["pass", "pass"]);
});

const IP: Place = { family: "ip", table: "lab" };
const inPlace = (family: string): Place => ({ family, table: "lab" });

describe("each drop of our packets has exactly one name", () => {
  const faults: ReadonlyArray<readonly [words: string, rules: Ruleset, code: string]> = [
    [
      "input drops the bridge",
      ruleset({}, base("c", { hook: "input" }, [iif(BRIDGE), counter(), drop])),
      "foreign-input-drop",
    ],
    [
      "input's policy drops",
      ruleset({}, base("c", { hook: "input", policy: "drop" }, [iif("lo"), accept])),
      "foreign-input-drop",
    ],
    [
      "input's policy drops, answers are accepted",
      ruleset({}, base("c", { hook: "input", policy: "drop" }, [established, accept])),
      "foreign-input-drop",
    ],
    [
      "output drops to the bridge",
      ruleset({}, base("c", { hook: "output" }, [oif({ set: ["wg0", BRIDGE] }), counter(), drop])),
      "foreign-output-drop",
    ],
    [
      "raw drops the guests' range",
      ruleset(
        IP,
        base("c", { hook: "prerouting", prio: -300 }, [
          saddr({ prefix: { addr: "192.168.100.0", len: 24 } }),
          drop,
        ]),
      ),
      "foreign-raw-drop",
    ],
    [
      "mangle drops the bridge",
      ruleset(IP, base("c", { hook: "prerouting", prio: -150 }, [iif("fcbr*"), drop])),
      "foreign-raw-drop",
    ],
    [
      "the bridge family drops IP upwards",
      ruleset(inPlace("bridge"), base("c", { hook: "input" }, [etherIp, counter(), drop])),
      "foreign-bridge-drop",
    ],
    [
      "the bridge family drops IP downwards",
      ruleset(inPlace("bridge"), base("c", { hook: "output" }, [oif(TAP), drop])),
      "foreign-bridge-drop",
    ],
    [
      "a TAP's ingress drops",
      ruleset(inPlace("netdev"), base("c", { hook: "ingress", dev: TAP }, [ipVersion, counter(), drop])),
      "foreign-netdev-drop",
    ],
    [
      "the bridge's ingress drops",
      ruleset(inPlace("netdev"), base("c", { hook: "ingress", dev: BRIDGE }, [ipVersion, drop])),
      "foreign-netdev-drop",
    ],
    [
      "ARP is dropped",
      ruleset(inPlace("arp"), base("c", { hook: "input" }, [iif(BRIDGE), counter(), drop])),
      "foreign-arp-drop",
    ],
  ];
  test.each(faults)("%s", (_, rules, code) => {
    expect(troubles(beside(rules))).toEqual([code]);
  });
});

describe("a named drop", () => {
  const rules = (packets: number): Ruleset =>
    ruleset({}, base("in", { hook: "input" }, [iif(BRIDGE), counter(packets), drop]));

  test("is told in its own words, with its handle and what its counter rose by", () => {
    const sight = beside(rules(5), {}, rules(17));
    expect(causeOf("foreign-input-drop", sight)).toBe(
      "Another program drops the answer of guest 192.168.100.2 to the host's ping (and 2 other kinds): table inet filter, chain in: iifname fcbr0 counter packets 5 drop # handle 10; its counter rose by 12 during the probe.",
    );
    const judgement = FIREWALL_HOST_CHECKS.find(({ code }) => code === "foreign-input-drop")?.judge(sight);
    expect(judgement && "fix" in judgement && judgement.fix?.commands).toEqual([
      "nft delete rule inet filter in handle 10",
    ]);
  });

  test("is none when every path that it would stop is alive", () => {
    const probed = tallyWays([healthyVm()]);
    expect(troubles(beside(rules(5), { probed }))).toEqual([]);
  });
});

describe("Docker, ufw and firewalld", () => {
  test("do not concern a host that lets no guest out, as far as they only forward", () => {
    expect(troubles(beside(docker()))).toEqual([]);
  });

  test("Docker's FORWARD policy stops guests with an uplink, until DOCKER-USER accepts our bridge both ways", () => {
    expect(troubles(beside(docker(), { uplink: UPLINK }))).toEqual(["foreign-forward-drop"]);
    expect(causeOf("foreign-forward-drop", beside(docker(), { uplink: UPLINK }))).toContain("Docker drops");
    const allowed = docker([iif(BRIDGE), counter(), accept], [oif(BRIDGE), counter(), accept]);
    expect(troubles(beside(allowed, { uplink: UPLINK }))).toEqual([]);
  });

  test("ufw's rules cannot all be read: suspect, until a probe passes or our bridge is allowed", () => {
    expect(troubles(beside(ufw()))).toEqual(["foreign-rule-suspect"]);
    expect(troubles(beside(ufw(), { probed: tallyWays([healthyVm()]) }))).toEqual([]);
  });

  test("firewalld accepts pings and answers, and in its trusted zone everything", () => {
    expect(troubles(beside(firewalld()))).toEqual([]);
    expect(troubles(beside(firewalld([iif(BRIDGE), { goto: { target: "filter_IN_trusted" } }])))).toEqual([]);
  });
});

describe("a rule that cannot be read", () => {
  const rules = (packets: number): Ruleset =>
    ruleset(IP, base("INPUT", { hook: "input" }, [extension, counter(packets), drop]));

  test("is only suspect, however its counter moves", () => {
    expect(troubles(beside(rules(1), {}, rules(9)))).toEqual(["foreign-rule-suspect"]);
  });

  test("is the cause when its counter rises while the path is dead", () => {
    const dead = healthyProbe({
      fromGuest: { gateway: { ok: false }, closedPort: "timeout" },
    });
    const probed = tallyWays([healthyVm({ probe: dead })]);
    expect(troubles(beside(rules(1), { probed }, rules(9)))).toEqual(["foreign-input-drop"]);
    expect(troubles(beside(rules(1), { probed }, rules(1)))).toEqual(["foreign-rule-suspect"]);
  });

  test("is not one with a comment, nor one whose extension is its target", () => {
    const xt = (type: string, name: string) => ({ xt: { type, name } });
    const rejects = ruleset(
      IP,
      base("INPUT", { hook: "input" }, [iif(BRIDGE), counter(), xt("target", "REJECT")]),
    );
    expect(troubles(beside(rejects))).toEqual(["foreign-input-drop"]);
    const commented = ruleset(
      IP,
      base("INPUT", { hook: "input" }, [iif(BRIDGE), xt("match", "comment"), drop]),
    );
    expect(troubles(beside(commented))).toEqual(["foreign-input-drop"]);
    const logs = ruleset(IP, base("INPUT", { hook: "input" }, [iif(BRIDGE), xt("target", "LOG")]));
    expect(troubles(beside(logs))).toEqual([]);
  });

  test("a slow rate limit may drop; a fast one does not concern a few packets", () => {
    const limited = (per: string): Ruleset =>
      ruleset({}, base("c", { hook: "input" }, [iif(BRIDGE), { limit: { rate: 5, per, inv: true } }, drop]));
    expect(troubles(beside(limited("minute")))).toEqual(["foreign-rule-suspect"]);
    expect(troubles(beside(limited("second")))).toEqual([]);
  });

  test("a chain of which nft does not tell the device is only suspect", () => {
    const rules = ruleset(inPlace("netdev"), base("c", { hook: "ingress" }, [ipVersion, drop]));
    expect(troubles(beside(rules))).toEqual(["foreign-rule-suspect"]);
  });
});

test("drops of other links, networks, ports and invalid packets are no finding", () => {
  const rules = ruleset(
    {},
    base(
      "c",
      { hook: "input" },
      [iif("eth7"), counter(3), drop],
      [saddr({ prefix: { addr: "198.51.100.0", len: 24 } }), drop],
      [dport({ set: [25, { range: [135, 139] }] }), drop],
      [{ match: { op: "in", left: { ct: { key: "state" } }, right: "invalid" } }, drop],
      [jump("nowhere")],
    ),
    chain("unused", [drop]),
  );
  expect(troubles(beside(rules, { uplink: UPLINK }))).toEqual([]);
});

test("rules that cannot be asked for are unknown, never a pass", () => {
  const blind = healthyHost({ ruleset: undefined, rulesetAfter: undefined, rulesLoaded: undefined });
  const verdicts = new Map(FIREWALL_HOST_CHECKS.map((check) => [check.code, check.judge(blind).verdict]));
  expect(verdicts.get("rules-missing")).toBe("unknown");
  expect(verdicts.get("foreign-input-drop")).toBe("unknown");
  expect(verdicts.get("foreign-rule-suspect")).toBe("unknown");
});

describe("our own rules", () => {
  test("missing, and altered, are two findings", () => {
    expect(troubles(healthyHost({ rulesLoaded: undefined }))).toEqual(["rules-missing"]);
    const altered = healthyHost({ rulesLoaded: "g1 altered in from_guest" });
    expect(troubles(altered)).toEqual(["rules-altered"]);
    expect(causeOf("rules-altered", altered)).toContain("from_guest");
  });

  test("a VM that is missing in one set is named with the set", () => {
    const ours = ourRuleset();
    const ruleset = { ...ours, sets: ours.sets.filter(({ name }) => name !== "guests") };
    const [element] = FIREWALL_VM_CHECKS.map((check) => check.judge(healthySubject({ host: { ruleset } })));
    expect(element).toMatchObject({
      verdict: "fail",
      cause: expect.stringContaining("bridge browservm guests"),
    });
  });

  test("spoofed frames during the probe are a warning", () => {
    const after = ourRuleset();
    const sets = after.sets.map((set) =>
      set.name === "spoofed_ipv4"
        ? { ...set, elem: [{ elem: { val: TAP, counter: { packets: 4, bytes: 1 } } }] }
        : set,
    );
    const subject = healthySubject({ host: { rulesetAfter: { ...after, sets } } });
    expect(FIREWALL_VM_CHECKS[1]?.judge(subject)).toMatchObject({
      verdict: "warn",
      cause: expect.stringContaining("4 packets from another address"),
    });
  });
});

describe("the old iptables", () => {
  const legacy = (...before: string[]) => healthyHost({ legacyRules: { before, after: before } });

  test("is named by its own rule, in any table", () => {
    const sight = legacy("[0:0] -t raw -P PREROUTING ACCEPT", "[3:90] -t raw -A PREROUTING -i fcbr0 -j DROP");
    expect(troubles(sight)).toEqual(["legacy-iptables-drop"]);
    expect(causeOf("legacy-iptables-drop", sight)).toContain(
      "iptables-legacy -t raw -A PREROUTING -i fcbr0 -j DROP",
    );
  });

  test("that accepts, or drops others, is no finding; that cannot be read is unknown", () => {
    expect(
      troubles(legacy("[0:0] -t filter -P INPUT ACCEPT", "[0:0] -t filter -A INPUT -i wg0 -j DROP")),
    ).toEqual([]);
    const unread = healthyHost({ legacyRules: { before: [], after: [], unread: "no iptables-legacy" } });
    expect(troubles(unread)).toEqual(["legacy-iptables-drop"]);
  });
});

describe("frames in the IP firewall", () => {
  const sysctls = new Map([...healthyHost().sysctls, ["net/bridge/bridge-nf-call-iptables", "1"]]);

  test("matter when FORWARD drops", () => {
    expect(troubles(beside(docker(), { sysctls }))).toEqual(["bridge-netfilter"]);
  });

  test("are a warning where the setting is not ours", () => {
    const judgement = FIREWALL_HOST_CHECKS.find(({ code }) => code === "bridge-netfilter")?.judge(
      beside(docker(), { sysctls, namespace: "host" }),
    );
    expect(judgement?.verdict).toBe("warn");
  });

  test("are harmless when FORWARD accepts", () => {
    expect(
      troubles(beside(ruleset(IP, base("FORWARD", { hook: "forward" }, [counter(), accept])), { sysctls })),
    ).toEqual([]);
  });
});

test("a full table of connections is a fault, a nearly full one a warning", () => {
  expect(causeOf("conntrack-full", healthyHost({ conntrack: { count: 100, max: 100 } }))).toContain(
    "is full",
  );
  expect(troubles(healthyHost({ conntrack: { count: 95, max: 100 } }))).toEqual(["conntrack-full"]);
  expect(troubles(healthyHost({ conntrack: undefined }))).toEqual([]);
});
