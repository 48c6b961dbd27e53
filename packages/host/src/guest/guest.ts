import type { GuestCall, GuestNote, GuestNoteData, GuestParams, GuestResult } from "@browservm/contract";

/** One VM's agent over its control channel, as the rest of hostd sees it. Reconnects by itself until disposed. */
export interface Guest extends AsyncDisposable {
  /**
   * One call with its own deadline (ms). Fails as AGENT_UNREACHABLE (no answer, channel closed), AGENT_PROTOCOL
   * (an answer outside the contract), or GUEST_CALL_FAILED (the agent's own refusal).
   */
  call<C extends GuestCall>(
    name: C,
    params: GuestParams<C>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<GuestResult<C>>;
  /** When the agent answered a call for the last time, in ms of `performance.now()`. */
  readonly heardAt: number | undefined;
  onNote<N extends GuestNote>(note: N, listener: (data: GuestNoteData<N>) => void): () => void;
  /** Told when the channel was lost or began anew: what ran for the old one (exec) has ended without a word. */
  onReset(listener: () => void): () => void;
  /** Settles at the first connection whose epoch the agent has echoed; rejects when `signal` ends first. */
  connected(signal: AbortSignal): Promise<void>;
}
