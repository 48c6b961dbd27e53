import type {
  BlackCause,
  GatewayMessage,
  Rung,
  StageCounts,
  StreamNumbers,
  ViewerStats,
} from "@browservm/contract";
import type { VideoRung, Wish } from "./ladder.ts";

/** What the gateway says of the VM's stream. */
export type StreamState = Extract<GatewayMessage, { type: "stream/state" }>;

/** What a page shows of the picture's way. Each change is a new object. */
export interface ViewerState {
  readonly wish: Wish;
  /** What paints. */
  readonly rung: Rung;
  readonly trying: VideoRung | null;
  readonly transport: ViewerStats["transport"];
  /** Why it is not better; the end of a sentence. */
  readonly why: string | null;
  readonly hasGateway: boolean;
  readonly stream: StreamState | null;
  readonly isSoundOn: boolean;
  readonly black: BlackCause | null;
  /** What the gateway did not do. */
  readonly refusal: string | null;
  /** Of what is tried, else of what paints; null while that is VNC. */
  readonly stats: ViewerStats | null;
  readonly source: StreamNumbers | null;
  readonly stages: StageCounts | null;
}

const BEFORE: ViewerState = {
  wish: "auto",
  rung: "vnc",
  trying: null,
  transport: null,
  why: null,
  hasGateway: false,
  stream: null,
  isSoundOn: false,
  black: null,
  refusal: null,
  stats: null,
  source: null,
  stages: null,
};

/** The state, and who wants to hear of it. */
export class ViewerStore {
  readonly #listeners = new Set<() => void>();
  #state = BEFORE;

  get state(): ViewerState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  patch(part: Partial<ViewerState>): void {
    const names = Object.keys(part) as (keyof ViewerState)[];
    if (names.every((name) => Object.is(part[name], this.#state[name]))) return;
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }

  close(): void {
    this.#listeners.clear();
  }
}
