import { EgressPolicy, Ipv4 } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { elementsOf, parseRuleset } from "../firewall/nft.ts";
import { keyOfElement, strayEgress } from "../plan/elements.ts";
import { compileEgress, isOpened, mayLeadTo } from "./compile.ts";
import { egressElements } from "./egress-elements.ts";
import { mayFlow } from "./proxy/proxy-flows.ts";

const ip = Ipv4.parse("192.168.100.5");
const of = (policy: object) => compileEgress(EgressPolicy.parse(policy));
const elements = (policy: object) =>
  egressElements({ ip }, { policy: EgressPolicy.parse(policy), mark: 7 }).map(
    ({ set, element }) => `${set} ${element}`,
  );

test("a policy is a place among the closed or open guests, a mark for its flows, and its networks", () => {
  expect(elements({ allow: ["203.0.113.0/24:443"], deny: ["203.0.113.9"] })).toEqual([
    `egress_closed ${ip}`,
    `egress_flows ${ip} . 7`,
    `egress_marks ${ip} : 7`,
    `egress_refused ${ip}`,
    `egress_allowed ${ip} . 203.0.113.0-203.0.113.255 . 443`,
    `egress_denied ${ip} . 203.0.113.9 . 0-65535`,
  ]);
  expect(elements({ deny: [":25"] })).toContain(`egress_denied ${ip} . 0.0.0.0-255.255.255.255 . 25`);
});

describe("what is closed", () => {
  test("stays so under an entry that is wider, and opens under one that lies within", () => {
    const wide = of({ allow: ["0.0.0.0/0"] });
    const lan = of({ allow: ["10.1.0.0/16:22"] });
    for (const closed of [
      "10.1.2.3",
      "192.168.1.1",
      "169.254.169.254",
      "100.100.100.200",
      "192.0.0.192",
      "168.63.129.16",
    ]) {
      expect(isOpened(wide, closed, 80)).toBe(false);
      expect(mayLeadTo(wide, closed)).toBe(false);
    }
    expect(isOpened(wide, "203.0.113.1", 80)).toBe(true);
    expect(isOpened(lan, "10.1.2.3", 22)).toBe(true);
    expect(isOpened(lan, "10.1.2.3", 80)).toBe(false);
    expect(mayLeadTo(lan, "10.1.2.3")).toBe(true);
    expect(mayLeadTo(lan, "10.2.2.3")).toBe(false);
  });

  test("metadata can be opened by its very address, loopback and multicast never", () => {
    expect(isOpened(of({ allow: ["169.254.169.254:80"] }), "169.254.169.254", 80)).toBe(true);
    for (const never of ["127.0.0.1", "0.0.0.1", "224.0.0.1", "255.255.255.255"])
      expect(elements({ allow: [never] }).filter((one) => one.startsWith("egress_allowed"))).toEqual([]);
  });

  test("a name does not lead where an entry denies", () => {
    expect(mayLeadTo(of({ allow: ["a.example"], deny: ["203.0.113.0/24"] }), "203.0.113.9")).toBe(false);
    expect(mayLeadTo(of({ allow: ["a.example"], deny: ["203.0.113.0/24:25"] }), "203.0.113.9")).toBe(true);
  });
});

test("512 networks that all overlap become elements of which no two do", () => {
  const allow = Array.from(
    { length: 512 },
    (_, index) => `203.${index % 256}.0.0/${16 + (index % 8)}:${1 + (index % 5)}`,
  );
  const keys = elements({ allow });
  expect(new Set(keys).size).toBe(keys.length);
});

test("what nft lists is what was written, in whichever of its forms", () => {
  const planned = egressElements(
    { ip },
    { policy: EgressPolicy.parse({ allow: ["10.0.0.0/8", "203.0.113.9:443", "203.0.113.10:1-9"] }), mark: 7 },
  );
  const concat = (...parts: unknown[]) => ({
    elem: { val: { concat: [ip, ...parts] }, counter: { packets: 1, bytes: 2 } },
  });
  const listed = (name: string, elem: unknown[], kind = "set") => ({
    [kind]: { family: "inet", table: "browservm", name, elem },
  });
  const ruleset = parseRuleset(
    JSON.stringify({
      nftables: [
        listed("egress_closed", [{ elem: { val: ip, counter: { packets: 0, bytes: 0 } } }]),
        listed("egress_refused", [ip]),
        listed("egress_flows", [{ concat: [ip, 7] }]),
        listed("egress_marks", [[ip, 7]], "map"),
        listed("egress_allowed", [
          concat({ prefix: { addr: "10.0.0.0", len: 8 } }, { range: [0, 65_535] }),
          concat("203.0.113.9", 443),
          concat("203.0.113.10", { range: [1, 9] }),
        ]),
      ],
    }),
  );
  const keys = new Set(
    ruleset.sets.flatMap(({ name }) =>
      elementsOf(ruleset, "inet browservm", name).map(
        ({ parts }) => `inet browservm ${name} ${parts.join(" . ")}`,
      ),
    ),
  );
  const wanted = new Set(planned.map(keyOfElement));
  expect(keys).toEqual(wanted);
  expect(strayEgress(keys, new Set([ip]), wanted).size).toBe(0);
  const strays = strayEgress(
    new Set([...keys, `inet browservm egress_marks ${ip} . 8`, "inet browservm egress_open 192.168.100.9"]),
    new Set([ip]),
    wanted,
  );
  expect([...strays]).toEqual([
    [ip, [{ table: "inet browservm", set: "egress_marks", element: `${ip} : 8` }]],
  ]);
});

describe("public resolvers", () => {
  const { deniedNames, allowed } = of({ denyPublicDns: true });

  test("are denied by name and by number when a policy says so, whatever else it allows", () => {
    const policy = of({
      denyPublicDns: true,
      default: "allow",
      allow: ["dns.google", "8.8.8.8", "a.example"],
    });
    for (const name of ["dns.google", "mozilla.cloudflare-dns.com", "abc123.dns.nextdns.io"])
      expect(policy.deniedNames.match(name)?.rule, name).toBeDefined();
    for (const ip of ["8.8.8.8", "1.1.1.1", "9.9.9.11", "45.90.30.1"])
      expect(mayLeadTo(policy, ip), ip).toBe(false);
    expect(elements({ denyPublicDns: true })).toContain(`egress_denied ${ip} . 8.8.8.8 . 0-65535`);
    expect([deniedNames.match("a.example"), mayLeadTo(policy, "203.0.113.1"), allowed]).toEqual([
      undefined,
      true,
      [],
    ]);
  });

  test("are as any address without that", () => {
    const policy = of({ default: "allow" });
    expect([policy.deniedNames.isEmpty, mayLeadTo(policy, "8.8.8.8")]).toEqual([true, true]);
  });

  test("are no place that a proxy is asked for", () => {
    const policy = EgressPolicy.parse({ denyPublicDns: true, proxy: { url: "http://p.example" } });
    expect(mayFlow(policy, { name: "dns.quad9.net", port: 443 })).toBe(false);
    expect(mayFlow(policy, { ip: "1.0.0.1", port: 443 })).toBe(false);
    expect(mayFlow(policy, { name: "a.example", port: 443 })).toBe(true);
  });
});
