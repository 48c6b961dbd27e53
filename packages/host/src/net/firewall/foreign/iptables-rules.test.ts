import { expect, test } from "vitest";
import { findDrops } from "../foreign-rules.ts";
import { parseIptables } from "./iptables-rules.ts";

const traffic = {
  bridge: "fcbr0",
  gateway: "192.168.100.1",
  guests: [{ ip: "192.168.100.2", mac: "02:fc:c0:a8:64:02", tap: "bv-0" }],
  uplink: { link: "eth0" },
  isOurs: true,
};
const drops = (...lines: string[]) =>
  findDrops(parseIptables(lines), traffic, []).map(({ culprit, certain, ways, count }) => ({
    rule: culprit.rule?.comment ?? "policy",
    certain,
    ways: [...ways],
    count,
  }));

test("a policy with an accept for answers only: the host reaches the guest, the guest not the host", () => {
  const found = drops(
    "[1:84] -t filter -P INPUT DROP",
    "[9:84] -t filter -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  );
  expect(found).toEqual([{ rule: "policy", certain: true, ways: ["ping-to-host"], count: undefined }]);
});

test("a rule in raw is found with its counter, and links, addresses and negations are understood", () => {
  expect(
    drops(
      "[0:0] -t raw -P PREROUTING ACCEPT",
      "[2:90] -t raw -A PREROUTING ! -i eth0 -s 192.168.100.0/24 -p icmp -m icmp --icmp-type 8 -j DROP",
    ),
  ).toEqual([
    {
      rule: "iptables-legacy -t raw -A PREROUTING ! -i eth0 -s 192.168.100.0/24 -p icmp -m icmp --icmp-type 8 -j DROP",
      certain: true,
      ways: ["ping-to-host"],
      count: 2,
    },
  ]);
});

test("what a rule asks by an unknown extension makes it a suspect; other links and ports are no finding", () => {
  const policy = "[0:0] -t filter -P INPUT ACCEPT";
  const suspect = drops(policy, "[0:0] -t filter -A INPUT -m set --match-set bad src -j DROP");
  expect(suspect.map(({ certain }) => certain)).toEqual([false]);
  expect(
    drops(
      policy,
      "[0:0] -t filter -A INPUT -i docker+ -j DROP",
      "[0:0] -t filter -A INPUT -p tcp -m multiport --dports 22,80:90 -j REJECT --reject-with tcp-reset",
      '[0:0] -t filter -A INPUT -m comment --comment "-j DROP of all" -j LOG --log-prefix "in: "',
      "nonsense",
    ),
  ).toEqual([]);
});
