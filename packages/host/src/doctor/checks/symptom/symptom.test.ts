import { describe, expect, test } from "vitest";
import { goodTap } from "../../../testing/fake-network.ts";
import { codesWith, findingOf, rootCauses } from "../../testing/diagnose-all.ts";
import { ADDRESS, healthyHost, healthyProbe } from "../../testing/healthy-sight.ts";
import { deadArp, deadIp } from "../../testing/sick-guest.ts";

const DEAD_BOTH = deadArp({ tx: 2, rx: 0 }, { gateway: { ok: false }, closedPort: "timeout" });

describe("a symptom that nothing explains", () => {
  test("stands alone, the deepest first, and says where packets were last seen", () => {
    expect(rootCauses({ vm: { probe: DEAD_BOTH } })).toEqual(["guest-arp-dead"]);
    expect(findingOf("guest-arp-dead", { vm: { probe: DEAD_BOTH } }).cause).toContain(
      "No check explains it. Packets were last seen at the bridge",
    );
  });

  test("is the ping when ARP lives and answers come back to the TAP", () => {
    const probe = deadIp({ tx: 20, rx: 20 });
    expect(rootCauses({ vm: { probe } })).toEqual(["guest-ping-dead"]);
    expect(findingOf("guest-ping-dead", { vm: { probe } }).cause).toContain("last seen at the tap");
    expect(codesWith("fail", { vm: { probe } })).toEqual([
      "guest-ping-dead",
      "gateway-ping-dead",
      "guest-tcp-dead",
      "gateway-tcp-dead",
    ]);
  });

  test("is the guest's own ping when only that is dead", () => {
    const probe = healthyProbe({
      fromGuest: { gateway: { ok: false, error: "timeout" }, closedPort: "timeout" },
    });
    expect(rootCauses({ vm: { probe } })).toEqual(["gateway-ping-dead"]);
  });

  test("is the missing carrier of a TAP that is up", () => {
    const good = healthyHost();
    const tap = { ...goodTap(ADDRESS, 200_000), carrier: false };
    const links = good.links.map((link) => (link.name === tap.name ? tap : link));
    expect(codesWith("fail", { host: { links } })).toContain("no-carrier");
  });
});

test("one answered ping of three is no dead path", () => {
  const toGuest = { ...healthyProbe().toGuest, pings: [{ ok: false }, { ok: true }, { ok: false }] };
  expect(rootCauses({ vm: { probe: healthyProbe({ toGuest }) } })).toEqual([]);
});

test("without a probe no symptom is shown", () => {
  expect(codesWith("fail", { vm: { probe: undefined } })).toEqual([]);
});
