import { expect, test } from "vitest";
import { limitRequests, loadRequest } from "./restore.ts";

test("a frozen VM is loaded behind the TAP of the new one, and stands still at first", () => {
  expect(loadRequest("bv-7")).toEqual({
    path: "/snapshot/load",
    body: {
      snapshot_path: "/state",
      mem_backend: { backend_type: "File", backend_path: "/memory" },
      resume_vm: false,
      network_overrides: [{ iface_id: "eth0", host_dev_name: "bv-7" }],
    },
  });
});

test("a loaded VM has today's rates, or none: not those that were frozen with it", () => {
  const rates = (diskMibPerSecond: number, networkMibPerSecond: number) =>
    limitRequests(2, { diskMibPerSecond, networkMibPerSecond, balloon: false }).map(({ body }) => body);
  const none = { bandwidth: { size: 0, refill_time: 0 } };
  expect(rates(0, 0)).toEqual([
    { drive_id: "disk0", rate_limiter: none },
    { drive_id: "disk1", rate_limiter: none },
    { iface_id: "eth0", rx_rate_limiter: none, tx_rate_limiter: none },
  ]);
  const ten = { bandwidth: { size: 10 * 1_048_576, refill_time: 1000 } };
  expect(rates(10, 10)[1]).toEqual({ drive_id: "disk1", rate_limiter: ten });
  expect(rates(0, 10)[2]).toEqual({ iface_id: "eth0", rx_rate_limiter: ten, tx_rate_limiter: ten });
});
