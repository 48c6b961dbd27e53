import { PageUrl } from "@browservm/contract";

/** A word and a colon; `host:8080` is a host with a port. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:(?!\d)/i;
const LOOPBACK = /^(localhost|127\.|\[::1\]|192\.168\.|10\.)/i;

/** What a person typed, as an address that the VM's browser may be sent to; null when it is none. */
export function pageAddress(typed: string): string | null {
  const text = typed.trim();
  if (text === "") return null;
  const address = HAS_SCHEME.test(text) ? text : `${LOOPBACK.test(text) ? "http" : "https"}://${text}`;
  if (/\s/.test(address)) return null;
  const parsed = PageUrl.safeParse(address);
  return parsed.success ? parsed.data : null;
}
