"use client";
import { type BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { KeyRound, Terminal } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { Brand } from "../brand.tsx";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./login.module.css";

type Phase = { is: "signing-in" } | { is: "no-token" } | { is: "refused"; error: BrowserVmError };

/** Takes the one-time token out of the address, so that it stays in no history and no screenshot. */
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash !== "") history.replaceState(null, "", location.pathname);
  return token;
}

/** Exchanges the token of a sign-in link for a cookie, or says how to get such a link. */
export function Login() {
  const router = useRouter();
  const [phase, setPhase] = useState<Phase>({ is: "signing-in" });
  const isStarted = useRef(false);
  useEffect(() => {
    if (isStarted.current) return;
    isStarted.current = true;
    const token = takeToken();
    if (token === null) return setPhase({ is: "no-token" });
    client.login(token).then(
      () => router.replace("/"),
      (error: unknown) => setPhase({ is: "refused", error: toBrowserVmError(error) }),
    );
  }, [router]);
  return (
    <main id="main" className={css.page}>
      <div className={css.card}>
        <Brand size={44} />
        <h1>{phase.is === "signing-in" ? "Signing in…" : "Sign in to BrowserVM"}</h1>
        <div aria-live="polite" className={css.body}>
          {phase.is === "signing-in" ? <p className={css.lead}>One moment.</p> : <HowTo phase={phase} />}
        </div>
      </div>
    </main>
  );
}

function HowTo({ phase }: { phase: Exclude<Phase, { is: "signing-in" }> }) {
  return (
    <>
      {phase.is === "refused" ? <ErrorCard error={phase.error} /> : null}
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
