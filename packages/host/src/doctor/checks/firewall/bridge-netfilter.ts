import { parseIptables } from "../../../net/firewall/foreign/iptables-rules.ts";
import { packetsOf } from "../../../net/firewall/foreign/packet.ts";
import { wordsOf } from "../../../net/firewall/foreign/rule-words.ts";
import { indexRules, tracePacket } from "../../../net/firewall/foreign/trace.ts";
import type { Ruleset } from "../../../net/firewall/nft.ts";
import { auto, type Check, command, fail, pass, seen, skip, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { trafficOf } from "./foreign-drops.ts";

const SETTING = "net/bridge/bridge-nf-call-iptables";
const COMMAND = "sysctl -w net.bridge.bridge-nf-call-iptables=0";

const ours = auto("Keep frames on the bridge out of the IP firewall.", COMMAND);
const theirs = command(
  "Keep frames on bridges out of the IP firewall, or accept our bridge in FORWARD.",
  "Docker and Kubernetes count on this setting for their own bridges, and switch it on again",
  COMMAND,
);

export const bridgeNetfilter: Check<HostSight> = {
  code: "bridge-netfilter",
  layer: "firewall",
  title: "Frames on the bridge do not end in the IP firewall's forward chain",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom:
      "Host and guests reach each other, but ports of the bridge do not, although their ARP resolves. (Guests of ours are isolated from each other anyway.)",
    cause:
      "br_netfilter is loaded (Docker and Kubernetes do that) with bridge-nf-call-iptables=1: frames between two ports of a bridge also pass the forward chains of the IP firewall, and one of them drops.",
    evidence:
      "`sysctl net.bridge.bridge-nf-call-iptables` is 1 and a forward chain drops from bridge to bridge.",
    fix: ours,
  },
  judge: (sight) => {
    const value = sight.sysctls.get(SETTING);
    if (value === undefined) return skip("sysctl", SETTING, "br_netfilter is not loaded");
    if (value !== "1") return pass("sysctl", SETTING, value);
    const [dropper] = dropsOnBridge(sight);
    if (!dropper) return pass("sysctl", SETTING, "1, but no forward chain drops there");
    const cause = `Frames from port to port of ${sight.plan.bridge} pass the IP firewall (${SETTING.replaceAll("/", ".")} is 1), and end there: ${dropper}.`;
    const evidence = [seen("sysctl", SETTING, "1"), seen("nft", "forward chains", dropper)];
    // In the machine's own namespace the setting is not ours, and our guests are isolated from each other anyway.
    return sight.namespace === "isolated" ? fail(cause, evidence, ours) : warn(cause, evidence, theirs);
  },
};

/** What of other programs drops a packet that is forwarded from our bridge to our bridge. */
function dropsOnBridge(sight: HostSight): string[] {
  const { ruleset, legacyRules, target, plan } = sight;
  const [packet] = packetsOf({ ...trafficOf(sight), uplink: { link: plan.bridge } }).filter(
    ({ way }) => way === "outside",
  );
  if (!packet) return [];
  const station = { family: "ip", hook: "forward", iif: plan.bridge, oif: plan.bridge } as const;
  const own = target.tables.map(({ family, name }) => `${family} ${name}`);
  const drops = (rules: Ruleset): string[] =>
    rules.chains
      .filter(({ hook, family }) => hook === "forward" && (family === "ip" || family === "inet"))
      .filter(({ family, table }) => !own.includes(`${family} ${table}`))
      .map((chain) => tracePacket(indexRules(rules), chain, { packet, station }))
      .filter(({ outcome }) => outcome === "drop")
      .flatMap(({ culprits }) => culprits.map(wordsOf));
  return [...(ruleset ? drops(ruleset) : []), ...drops(parseIptables(legacyRules.before))];
}
