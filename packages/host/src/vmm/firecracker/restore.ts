import type { PatchRequest, PutRequest, RateLimiter } from "./api.ts";
import { JAILED, NETWORK_ID, rateLimiter, type Tuning } from "./cold-start.ts";

/**
 * Loads a frozen VM into a fresh Firecracker, its network now behind this TAP. Without `clock_realtime`: it would
 * set the guest's monotonic clock forward, too, as far as the snapshot is old, and all that waits in the guest would be
 * late; the agent sets the time of day.
 */
export const loadRequest = (tap: string): PutRequest => ({
  path: "/snapshot/load",
  body: {
    snapshot_path: JAILED.state,
    mem_backend: { backend_type: "File", backend_path: JAILED.memory },
    resume_vm: false,
    network_overrides: [{ iface_id: NETWORK_ID, host_dev_name: tap }],
  },
});

/** Gives a loaded VM the rates of today's configuration; it still has those of the day when it was frozen. */
export function limitRequests(disks: number, tuning: Tuning): PatchRequest[] {
  const network = limiter(tuning.networkMibPerSecond);
  return [
    ...Array.from({ length: disks }, (_, index): PatchRequest => {
      const rate_limiter = limiter(tuning.diskMibPerSecond);
      return { path: `/drives/disk${index}`, body: { drive_id: `disk${index}`, rate_limiter } };
    }),
    {
      path: `/network-interfaces/${NETWORK_ID}`,
      body: { iface_id: NETWORK_ID, rx_rate_limiter: network, tx_rate_limiter: network },
    },
  ];
}

/** A bucket of nothing is no limit (docs/api_requests/patch-network-interface.md). */
const limiter = (mibPerSecond: number): RateLimiter =>
  mibPerSecond === 0 ? { bandwidth: { size: 0, refill_time: 0 } } : rateLimiter(mibPerSecond);
