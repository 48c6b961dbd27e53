import type { GuestHandlers, SIGNIN_CALLS } from "@browservm/contract";

/** A fake guest runs nothing, so nobody signs in there. */
export function signinCalls(): Pick<GuestHandlers, keyof typeof SIGNIN_CALLS> {
  const refuse = () => {
    throw new Error("nobody signs in in a fake guest");
  };
  return {
    "signin.start": refuse,
    "signin.frames": refuse,
    "signin.type": refuse,
    "signin.stop": () => ({}),
    "signin.capture": refuse,
    "browser.state": refuse,
    "browser.putState": refuse,
  };
}
