import { describe, expect, test } from "vitest";
import { byBurst, lastSeen } from "./last-seen.ts";
import type { PacketDelta } from "./sight/host-sight.ts";
import { healthyHost, healthyProbe, healthyVm } from "./testing/healthy-sight.ts";

const moved = (over: Partial<PacketDelta> = {}): PacketDelta => ({
  rx: 0,
  tx: 0,
  rxDropped: 0,
  txDropped: 0,
  ...over,
});
const NAMES = { bridge: "fcbr0", tap: "bv-0" };
const burst = { kind: "echo" as const, sent: 10 };

describe("packets of a dead path were last seen", () => {
  test("in the host, when none left by the bridge (one ARP request is no ping)", () => {
    const seen = byBurst({ ...burst, bridge: moved({ tx: 1 }), tap: moved({ tx: 1 }) }, NAMES);
    expect(seen).toEqual({ at: "host", words: "10 pings of the host did not leave by fcbr0 (1 counted)" });
  });

  test("on the bridge, when the VMM did not take them", () => {
    const seen = byBurst({ ...burst, bridge: moved({ tx: 10 }), tap: moved({ txDropped: 10 }) }, NAMES);
    expect(seen.at).toBe("bridge");
    expect(seen.words).toContain("dropped 10");
  });

  test("on the TAP, when nothing came back", () => {
    const seen = byBurst({ ...burst, bridge: moved({ tx: 11 }), tap: moved({ tx: 11, rx: 1 }) }, NAMES);
    expect(seen.at).toBe("tap");
  });

  test("in the guest, when its kernel counted them and did not answer", () => {
    const passed = { bridge: moved({ tx: 10 }), tap: moved({ tx: 10 }), guestReceived: 10 };
    expect(byBurst({ ...burst, ...passed }, NAMES).at).toBe("guest");
  });

  test("on the TAP on the way back, when the bridge did not get the answers", () => {
    const seen = byBurst({ ...burst, bridge: moved({ tx: 10 }), tap: moved({ tx: 10, rx: 10 }) }, NAMES);
    expect(seen).toMatchObject({ at: "tap" });
    expect(seen.words).toContain("answers reached bv-0");
  });

  test("in the host on the way back, when the answers passed the bridge", () => {
    const both = { bridge: moved({ tx: 10, rx: 10 }), tap: moved({ tx: 10, rx: 10 }) };
    expect(byBurst({ ...burst, ...both }, NAMES).at).toBe("host");
  });

  test("in the host, when there is neither bridge nor TAP to count", () => {
    expect(byBurst({ ...burst, bridge: undefined, tap: undefined }, NAMES)).toEqual({
      at: "host",
      words: "10 pings of the host did not leave by fcbr0 (fcbr0 is not there, or was made anew meanwhile)",
    });
  });
});

test("above a path that pings, it is told that packets pass", () => {
  const vm = healthyVm({ probe: healthyProbe() });
  expect(lastSeen(healthyHost(), vm)).toMatchObject({ at: "guest", words: /pings .* answered/ });
});

test("of a VM that was not probed nothing is told", () => {
  expect(lastSeen(healthyHost(), healthyVm({ probe: undefined }))).toBeUndefined();
});
