import type { Rung, StageCounts, StreamNumbers, ViewerStats } from "@browservm/contract";
import type { VideoRung } from "./ladder.ts";
import type { VideoWay, WayEvents } from "./video-way.ts";
import { WayMeter } from "./way-meter.ts";

interface Running {
  readonly way: VideoWay;
  readonly meter: WayMeter;
}

const FILLING = { position: "absolute", inset: "0", width: "100%", height: "100%", objectFit: "fill" };

export interface WaySetSpec {
  readonly make: (rung: VideoRung, events: WayEvents) => VideoWay;
  readonly onConnected: (rung: VideoRung) => void;
  readonly onPainted: (rung: VideoRung) => void;
  readonly onFailed: (rung: VideoRung, why: string) => void;
}

/** The ways that run: the one that is shown, the one that is tried, and what may paint meanwhile. */
export class WaySet {
  readonly #spec: WaySetSpec;
  readonly #running = new Map<VideoRung, Running>();
  #layer: HTMLElement | null = null;
  #isSoundOn = false;
  /** What the way that was stopped last had reached. */
  #lastStages: StageCounts | null = null;

  constructor(spec: WaySetSpec) {
    this.#spec = spec;
  }

  get(rung: Rung | null): VideoWay | undefined {
    return this.#find(rung)?.way;
  }

  meter(rung: Rung | null): WayMeter | undefined {
    return this.#find(rung)?.meter;
  }

  /** Where the elements go. */
  mount(layer: HTMLElement | null): void {
    this.#layer = layer;
    for (const { way } of this.#running.values()) this.#place(way);
  }

  setSound(isOn: boolean): void {
    this.#isSoundOn = isOn;
  }

  /** Runs these, stops all others, and lets the shown one be seen, and heard. */
  run(shown: Rung, others: readonly (VideoRung | null)[]): void {
    for (const [rung, running] of this.#running)
      if (rung !== shown && !others.includes(rung)) {
        this.#running.delete(rung);
        running.way.stop();
      }
    for (const rung of others) if (rung && !this.#running.has(rung)) this.#start(rung);
    for (const [rung, { way }] of this.#running) {
      way.element.hidden = rung !== shown;
      way.setSound(this.#isSoundOn && rung === shown);
    }
  }

  /** Reads the numbers of all that run. */
  async measure(now: number): Promise<void> {
    for (const { way, meter } of this.#running.values()) {
      // a way that has just been stopped may have no numbers any more
      const stats = await way.stats().catch(() => null);
      if (stats) meter.take(now, stats);
    }
  }

  report(now: number, rung: Rung, pingMs: number | null): ViewerStats | null {
    return this.meter(rung)?.report(now, rung, pingMs) ?? null;
  }

  /** How far the frames of a rung come; of the one before, when none is tried now. */
  stages(rung: Rung | null, source: StreamNumbers | null): StageCounts | null {
    const running = this.#find(rung);
    if (running) {
      const isConnected = running.way.rung === "websocket" ? null : running.way.isConnected;
      this.#lastStages = running.meter.stages(source, isConnected);
    }
    return this.#lastStages;
  }

  #find(rung: Rung | null): Running | undefined {
    return rung === null || rung === "vnc" ? undefined : this.#running.get(rung);
  }

  #start(rung: VideoRung): void {
    const meter = new WayMeter();
    const isOurs = () => this.#running.get(rung)?.meter === meter;
    const way = this.#spec.make(rung, {
      onConnected: () => {
        if (isOurs()) this.#spec.onConnected(rung);
      },
      onFrame: (frame) => {
        meter.paint(performance.now(), frame);
        if (isOurs()) this.#spec.onPainted(rung);
      },
      onFailed: (why) => {
        if (isOurs()) this.#spec.onFailed(rung, why);
      },
    });
    this.#running.set(rung, { way, meter });
    this.#place(way);
    way.start();
  }

  /** By script, which needs nothing of a page's style sheets and of its policy. */
  #place({ element }: VideoWay): void {
    Object.assign(element.style, FILLING);
    this.#layer?.append(element);
  }
}
