import { Resolver } from "node:dns/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";

/** One question for A records to the servers that resolv.conf names now. */
export async function probeDns(name: string, timeoutMs: number): Promise<GuestResult<"probe.dns">> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    return { ok: true, addresses: (await resolver.resolve4(name)).slice(0, 16) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ok: false, addresses: [], error: (code ?? message).slice(0, 512) };
  } finally {
    clearTimeout(timer);
  }
}
