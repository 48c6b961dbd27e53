import type { TakenState } from "@browservm/contract";

/** What a browser took, in words. */
export function saidOfState({ cookies, origins, refusedCookies }: TakenState): string {
  const refused =
    refusedCookies > 0 ? `; ${refusedCookies} refused by the browser (ended, or malformed)` : "";
  return `cookies: ${cookies}, origins with storage: ${origins}${refused}`;
}
