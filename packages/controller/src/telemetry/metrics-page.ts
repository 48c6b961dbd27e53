import { ConnectionHealth, type Pool, SessionStatus } from "@browservm/contract";
import type { GatewayClient } from "../host/gateway-client.ts";
import type { Viewers } from "../live-view/viewers.ts";
import type { PoolService } from "../pools/pool-service.ts";
import { profileStore } from "../profiles/profile-store.ts";
import { sessionStore } from "../sessions/session-store.ts";
import type { Store } from "../store/store.ts";
import { connectionStore } from "../vault/connection-store.ts";
import { header, sample } from "./histogram.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsDeps {
  readonly store: Store;
  readonly pools: PoolService;
  readonly viewers: Viewers;
  readonly metrics: Metrics;
  readonly gateway: Pick<GatewayClient, "metrics">;
}

/** Everything in the text exposition format of Prometheus (0.0.4). */
export async function metricsPage({ store, pools, viewers, metrics, gateway }: MetricsDeps): Promise<string> {
  const counts = await sessionStore.countByStatus(store);
  const sessions = SessionStatus.options.map((status) =>
    sample("browservm_sessions", { status }, counts.get(status) ?? 0),
  );
  const byHealth = await connectionStore.countByHealth(store);
  const connections = ConnectionHealth.options.map((health) =>
    sample("browservm_connections", { health }, byHealth.get(health) ?? 0),
  );
  const lines = [
    ...header("browservm_sessions", "gauge", "Sessions that are kept, by status."),
    ...sessions,
    ...header("browservm_viewers", "gauge", "Live views that are open."),
    sample("browservm_viewers", {}, viewers.count),
    ...header("browservm_connections", "gauge", "Connections that are kept, by health."),
    ...connections,
    ...header("browservm_profiles", "gauge", "Profiles that are kept."),
    sample("browservm_profiles", {}, await profileStore.count(store)),
    ...poolLines(await pools.list()),
    ...metrics.lines(),
  ];
  // Without the gateway there is no video, and nothing to tell of it.
  const live = await gateway.metrics().catch(() => "");
  return `${lines.join("\n")}\n${live}`;
}

function poolLines(pools: readonly Pool[]): string[] {
  const rows = (name: string, of: (pool: Pool) => number) =>
    pools.map((pool) => sample(name, { pool: pool.name }, of(pool)));
  const metric = (name: string, type: "gauge" | "counter", help: string, of: (pool: Pool) => number) => [
    ...header(name, type, help),
    ...rows(name, of),
  ];
  return [
    ...metric("browservm_pool_size", "gauge", "VMs that are to be kept ready.", ({ size }) => size),
    ...metric("browservm_pool_ready", "gauge", "VMs that can be claimed now.", ({ ready }) => ready),
    ...metric("browservm_pool_filling", "gauge", "VMs under way.", ({ filling }) => filling),
    ...metric("browservm_pool_hits_total", "counter", "Sessions that found a VM.", ({ hits }) => hits),
    ...metric(
      "browservm_pool_misses_total",
      "counter",
      "Sessions that had to wait for a VM of their own.",
      ({ misses }) => misses,
    ),
  ];
}
