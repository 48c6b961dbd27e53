import { Resolver } from "node:dns/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";

/** One question for A records to the servers that resolv.conf names now. */
export async function probeDns(name: string, timeoutMs: number): Promise<GuestResult<"probe.dns">> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    return { ok: true, addresses: (await resolver.resolve4(name)).slice(0, 16) };
  } catch (failure) {
    const { code, message } = failure as NodeJS.ErrnoException;
    const error = code === "ECANCELLED" ? "no answer in time" : (code ?? message);
    return { ok: false, addresses: [], error: error.slice(0, 512) };
  } finally {
    clearTimeout(timer);
  }
}
