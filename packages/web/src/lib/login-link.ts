/** What a sign-in link carries in its fragment, which browsers send to nobody. */
export interface LoginLink {
  readonly token: string;
  /** Where to go then: a page of ours. */
  readonly next: string;
}

const OWN_PAGE = /^\/sessions\/ses_[a-z0-9]{20}$/;

/** Reads `#token=…&next=…`; null without a token. A `next` that is no page of ours leads to the list. */
export function readLoginLink(hash: string): LoginLink | null {
  const fragment = new URLSearchParams(hash.replace(/^#/, ""));
  const token = fragment.get("token");
  if (token === null || token === "") return null;
  const next = fragment.get("next") ?? "";
  return { token, next: OWN_PAGE.test(next) ? next : "/" };
}
