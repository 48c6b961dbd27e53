"use client";
import { type BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import { type LoginLink, readLoginLink } from "../../lib/login-link.ts";
import { Brand } from "../brand.tsx";
import { InvitationForm } from "./invitation-form.tsx";
import css from "./login.module.css";
import { SignInWays } from "./sign-in-ways.tsx";

type Phase =
  | { is: "idle" }
  | { is: "signing-in" }
  | { is: "asking"; refusal: BrowserVmError | null }
  | { is: "invited"; token: string };

/** Takes the link out of the address, so that its token stays in no history and no screenshot. */
function takeLink(): LoginLink | null {
  const link = readLoginLink(location.hash);
  if (location.hash !== "") history.replaceState(null, "", location.pathname);
  return link;
}

const TITLES = {
  idle: "Signing in…",
  "signing-in": "Signing in…",
  asking: "Sign in to BrowserVM",
  invited: "Welcome to BrowserVM",
} as const;

/** Lets in by a link, a password or the OpenID provider, or makes an account by an invitation. */
export function Login() {
  const router = useRouter();
  const [phase, setPhase] = useState<Phase>({ is: "idle" });
  useEffect(() => {
    const enter = () => {
      const link = takeLink();
      // React runs effects twice while developing, and the first run already took the link
      if (link === null)
        return setPhase((now) => (now.is === "idle" ? { is: "asking", refusal: null } : now));
      if (link.is === "invitation") return setPhase({ is: "invited", token: link.token });
      if (link.is === "problem") return setPhase({ is: "asking", refusal: link.error });
      setPhase({ is: "signing-in" });
      client.login(link.token).then(
        () => router.replace(link.next),
        (error: unknown) => setPhase({ is: "asking", refusal: toBrowserVmError(error) }),
      );
    };
    enter();
    // a link that is pasted while this page is open changes only the fragment
    addEventListener("hashchange", enter);
    return () => removeEventListener("hashchange", enter);
  }, [router]);
  const enterPage = () => router.replace("/");
  return (
    <main id="main" className={css.page}>
      <div className={css.card}>
        <Brand size={44} />
        <h1>{TITLES[phase.is]}</h1>
        <div aria-live="polite" className={css.body}>
          {phase.is === "asking" ? <SignInWays refusal={phase.refusal} onSignedIn={enterPage} /> : null}
          {phase.is === "invited" ? (
            <InvitationForm key={phase.token} token={phase.token} onSignedIn={enterPage} />
          ) : null}
          {phase.is === "idle" || phase.is === "signing-in" ? <p className={css.lead}>One moment.</p> : null}
        </div>
      </div>
    </main>
  );
}
