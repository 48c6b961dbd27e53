"use client";
import { type BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { KeyRound, Terminal } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import { type LoginLink, readLoginLink } from "../../lib/login-link.ts";
import { Brand } from "../brand.tsx";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./login.module.css";

type Phase =
  | { is: "idle" }
  | { is: "signing-in" }
  | { is: "no-token" }
  | { is: "refused"; error: BrowserVmError };

/** Takes the link out of the address, so that its token stays in no history and no screenshot. */
function takeLink(): LoginLink | null {
  const link = readLoginLink(location.hash);
  if (location.hash !== "") history.replaceState(null, "", location.pathname);
  return link;
}

/** Exchanges the token of a sign-in link for a cookie, or says how to get such a link. */
export function Login() {
  const router = useRouter();
  const [phase, setPhase] = useState<Phase>({ is: "idle" });
  useEffect(() => {
    const enter = () => {
      const link = takeLink();
      // React runs effects twice while developing, and the first run already took the link
      if (link === null) return setPhase((now) => (now.is === "idle" ? { is: "no-token" } : now));
      setPhase({ is: "signing-in" });
      client.login(link.token).then(
        () => router.replace(link.next),
        (error: unknown) => setPhase({ is: "refused", error: toBrowserVmError(error) }),
      );
    };
    enter();
    // a link that is pasted while this page is open changes only the fragment
    addEventListener("hashchange", enter);
    return () => removeEventListener("hashchange", enter);
  }, [router]);
  const isAsking = phase.is === "no-token" || phase.is === "refused";
  return (
    <main id="main" className={css.page}>
      <div className={css.card}>
        <Brand size={44} />
        <h1>{isAsking ? "Sign in to BrowserVM" : "Signing in…"}</h1>
        <div aria-live="polite" className={css.body}>
          {isAsking ? (
            <HowTo refusal={phase.is === "refused" ? phase.error : null} />
          ) : (
            <p className={css.lead}>One moment.</p>
          )}
        </div>
      </div>
    </main>
  );
}

function HowTo({ refusal }: { refusal: BrowserVmError | null }) {
  return (
    <>
      {refusal === null ? null : <ErrorCard error={refusal} />}
      <p className={css.lead}>There is no password. A link that works once lets you in:</p>
      <ol className={css.steps}>
        <li>
          <Terminal size={18} aria-hidden="true" />
          <div>
            <p>On the machine that runs BrowserVM, type</p>
            <div className={css.command}>
              <code>browservm open</code>
              <CopyButton text="browservm open" what="command" isSmall />
            </div>
          </div>
        </li>
        <li>
          <KeyRound size={18} aria-hidden="true" />
          <p>Open the link that it prints, in this browser.</p>
        </li>
      </ol>
    </>
  );
}
