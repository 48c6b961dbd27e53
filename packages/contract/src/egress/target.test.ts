import { describe, expect, test } from "vitest";
import { EgressPolicy, egressDefault, MOST_EGRESS_ENTRIES } from "./policy.ts";
import { PUBLIC_DNS } from "./public-dns.ts";
import { ALL_PORTS, readEgressTarget } from "./target.ts";

const network = (first: number, last: number, ports = ALL_PORTS) => ({ kind: "network", first, last, ports });
const name = (text: string, wildcard: boolean, ports = ALL_PORTS) => ({
  kind: "name",
  name: text,
  wildcard,
  ports,
});

describe("an entry", () => {
  test.each([
    ["example.com", name("example.com", false)],
    ["EXAMPLE.com.", name("example.com", false)],
    ["*.example.com", name("example.com", true)],
    ["_dmarc.example.com", name("_dmarc.example.com", false)],
    ["bücher.example", name("xn--bcher-kva.example", false)],
    ["*.bücher.example:443", name("xn--bcher-kva.example", true, { from: 443, to: 443 })],
    ["localhost", name("localhost", false)],
    ["example.com:8000-8015", name("example.com", false, { from: 8000, to: 8015 })],
    ["203.0.113.7", network(0xcb007107, 0xcb007107)],
    ["10.0.0.0/8:22", network(0x0a000000, 0x0affffff, { from: 22, to: 22 })],
    ["0.0.0.0/0", network(0, 0xffffffff)],
    [":443", network(0, 0xffffffff, { from: 443, to: 443 })],
    ["255.255.255.255/32", network(0xffffffff, 0xffffffff)],
  ])("%s is understood", (text, target) => {
    expect(readEgressTarget(text)).toEqual(target);
  });

  test.each([
    ["", "write name"],
    ["*", "only stand for all"],
    ["*.", "no name"],
    ["*.com", "top-level"],
    ["*.*.com", "only stand for all"],
    ["a.*.com", "only stand for all"],
    ["ex*mple.com", "only stand for all"],
    ["*example.com", "only stand for all"],
    ["exa mple.com", "no name"],
    ["-a.example.com", "no name"],
    ["a..example.com", "no name"],
    [`${"a".repeat(64)}.example.com`, "no name"],
    [`${"a.".repeat(127)}com`, "no name"],
    ["https://example.com", "no port"],
    ["example.com/path", "no name"],
    ["example.com@evil.example", "no name"],
    ["example.com:0", "no port"],
    ["example.com:65536", "no port"],
    ["example.com:443-80", "no port"],
    ["example.com:1-100", "at most 16"],
    ["10.0.0.1/8", "bits beyond"],
    ["10.0.0.0/33", "neither"],
    ["10.0.0", "neither"],
    ["010.0.0.1", "neither"],
    ["256.1.1.1", "neither"],
    ["1.2.3.4/8/8", "neither"],
    ["example.123", "no name"],
    ["a.0x7f", "no name"],
    ["fd00:ec2::254", "IPv4 only"],
    ["[::1]:443", "IPv4 only"],
    ["::/0", "IPv4 only"],
  ])("%j is refused by name", (text, why) => {
    expect(readEgressTarget(text)).toMatchObject({ kind: "bad", why: expect.stringContaining(why) });
  });
});

describe("a policy", () => {
  test("of ten thousand entries is refused, of as many as may be is not", () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => `n${index}.example.com`);
    expect(EgressPolicy.safeParse({ allow: entries }).success).toBe(false);
    expect(EgressPolicy.safeParse({ allow: entries.slice(0, MOST_EGRESS_ENTRIES) }).success).toBe(true);
  });

  test("names the entry that it refuses, and where it is", () => {
    const { error } = EgressPolicy.safeParse({ deny: ["example.com", "*.com"] });
    expect(error?.issues).toMatchObject([
      { path: ["deny", 1], message: expect.stringContaining("*.com would be") },
    ]);
  });

  test("cannot deny a name for some ports, but addresses it can", () => {
    expect(EgressPolicy.safeParse({ deny: ["example.com:25"] }).success).toBe(false);
    expect(EgressPolicy.safeParse({ deny: [":25", "203.0.113.0/24:25"] }).success).toBe(true);
  });

  test("that only allows denies the rest; one that only denies allows it", () => {
    const of = (policy: object) => egressDefault(EgressPolicy.parse(policy));
    expect(of({ allow: ["a.example"] })).toBe("deny");
    expect(of({ deny: ["a.example"] })).toBe("allow");
    expect(of({})).toBe("allow");
    expect(of({ allow: ["10.0.0.0/8"], default: "allow" })).toBe("allow");
    expect(of({ default: "deny" })).toBe("deny");
  });
});

test("every public resolver is an entry that a policy could deny by itself, and none is covered by another", () => {
  for (const entry of PUBLIC_DNS) expect(EgressPolicy.safeParse({ deny: [entry] }).success, entry).toBe(true);
  expect(new Set(PUBLIC_DNS).size).toBe(PUBLIC_DNS.length);
  const covers = (one: string, other: string) => {
    const [wide, narrow] = [readEgressTarget(one), readEgressTarget(other)];
    if (wide.kind === "name" && narrow.kind === "name")
      return wide.wildcard && narrow.name.endsWith(`.${wide.name}`);
    if (wide.kind === "network" && narrow.kind === "network")
      return wide.first <= narrow.first && narrow.last <= wide.last;
    return false;
  };
  const covered = (entry: string) => PUBLIC_DNS.filter((one) => one !== entry && covers(one, entry));
  expect(PUBLIC_DNS.flatMap((entry) => covered(entry).map((by) => `${entry} by ${by}`))).toEqual([]);
});
