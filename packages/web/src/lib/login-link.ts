import { BrowserVmError, isErrorCode } from "@browservm/contract";

/** What a sign-in link carries in its fragment, which browsers send to nobody. */
export type LoginLink =
  | {
      readonly is: "token";
      readonly token: string;
      /** Where to go then: a page of ours. */
      readonly next: string;
    }
  | { readonly is: "invitation"; readonly token: string }
  /** Why the OpenID provider's sign-in led back here. */
  | { readonly is: "problem"; readonly error: BrowserVmError };

const OWN_PAGE = /^\/sessions\/ses_[a-z0-9]{20}$/;

/** Reads `#token=…&next=…`, `#invitation=…` or `#problem=…`. A `next` that is no page of ours leads to the list. */
export function readLoginLink(hash: string): LoginLink | null {
  const fragment = new URLSearchParams(hash.replace(/^#/, ""));
  const token = fragment.get("token") ?? "";
  const next = fragment.get("next") ?? "";
  if (token !== "") return { is: "token", token, next: OWN_PAGE.test(next) ? next : "/" };
  const invitation = fragment.get("invitation") ?? "";
  if (invitation !== "") return { is: "invitation", token: invitation };
  const problem = fragment.get("problem");
  if (!isErrorCode(problem)) return null;
  return {
    is: "problem",
    error: new BrowserVmError(problem, "You came back from the provider, and were not let in."),
  };
}
