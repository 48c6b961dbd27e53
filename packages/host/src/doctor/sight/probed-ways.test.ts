import { expect, test } from "vitest";
import { healthyProbe, healthyVm } from "../testing/healthy-sight.ts";
import { tallyWays } from "./probed-ways.ts";

test("each way counts those that answered of those that were asked", () => {
  const silent = healthyProbe({ fromGuest: undefined });
  const deaf = healthyProbe({ toGuest: { ...healthyProbe().toGuest, agent: "timeout" } });
  const tally = tallyWays([
    healthyVm({ probe: silent }),
    healthyVm({ probe: deaf }),
    healthyVm({ probe: undefined }),
  ]);
  expect(Object.fromEntries(tally)).toEqual({
    "ping-to-guest": { alive: 2, asked: 2 },
    "tcp-to-guest": { alive: 1, asked: 2 },
    "ping-to-host": { alive: 1, asked: 1 },
    "tcp-to-host": { alive: 1, asked: 1 },
  });
});

test("of ARP, and of what nobody asked, it says nothing", () => {
  expect(tallyWays([]).size).toBe(0);
  expect(tallyWays([healthyVm()]).has("arp")).toBe(false);
});
