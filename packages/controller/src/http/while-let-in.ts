import type { Route } from "@browservm/contract";
import type { Parts } from "./parts.ts";
import type { Call } from "./serve.ts";

/** Ends when the caller hangs up, and when the credentials that let them in are no good any more. */
export function whileLetIn(
  { authenticator }: Pick<Parts, "authenticator">,
  { principal, signal }: Pick<Call<Route>, "principal" | "signal">,
): AbortSignal {
  if (!principal || signal.aborted) return signal;
  const ended = new AbortController();
  const held = authenticator.live.hold(principal, () => ended.abort());
  signal.addEventListener("abort", () => held[Symbol.dispose](), { once: true });
  return AbortSignal.any([signal, ended.signal]);
}
