import type { StageCounts, StreamNumbers, ViewerStats } from "@browservm/contract";
import { NO_STATS } from "./rtc-stats.ts";
import { SlidingWindow } from "./sliding-window.ts";
import type { Arrivals } from "./stall-watch.ts";
import type { PaintedFrame, WayStats } from "./video-way.ts";

const RATE_MS = 2000;
const LATENCY_MS = 10_000;

/** What is measured of the way that paints, or is tried. One for each way that is started. */
export class WayMeter {
  readonly #frames = new SlidingWindow(RATE_MS);
  readonly #bytes = new SlidingWindow(RATE_MS);
  readonly #latencies = new SlidingWindow(LATENCY_MS);
  #last: WayStats = NO_STATS;
  #frameCount = 0;

  get arrivals(): Arrivals {
    const { received, bytes, transport } = this.#last;
    return { received, bytes, isDatagram: transport === "udp" };
  }

  paint(now: number, { latencyMs }: PaintedFrame): void {
    this.#frameCount += 1;
    this.#frames.add(now, 1);
    if (latencyMs !== null) this.#latencies.add(now, latencyMs);
  }

  take(now: number, stats: WayStats): void {
    this.#bytes.add(now, Math.max(0, stats.bytes - this.#last.bytes));
    this.#last = stats;
  }

  report(now: number, rung: ViewerStats["rung"], pingMs: number | null): ViewerStats {
    const { transport, received, decoded, painted, dropped, loss, rttMs, jitterBufferMs } = this.#last;
    return {
      rung,
      transport,
      received,
      decoded,
      painted: Math.max(painted, this.#frameCount),
      dropped,
      fps: this.#frames.perSecond(now),
      kbps: (this.#bytes.perSecond(now) * 8) / 1000,
      loss,
      rttMs: rttMs ?? pingMs,
      jitterBufferMs,
      latencyMs: this.#latencies.percentiles(now),
    };
  }

  /** How often each stage happened since the way was started, as far as it is known. */
  stages(source: StreamNumbers | null, isConnected: boolean | null): StageCounts {
    const { received, decoded } = this.#last;
    return {
      captured: source?.captured ?? null,
      encoded: source?.encoded ?? null,
      sent: source?.sent ?? null,
      connected: isConnected === null ? null : Number(isConnected),
      received,
      decoded,
      painted: this.#frameCount,
    };
  }
}
