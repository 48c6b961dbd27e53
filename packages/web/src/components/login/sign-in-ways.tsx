"use client";
import type { apiRoutes, BrowserVmError, ReplyOf } from "@browservm/contract";
import { KeyRound, LogIn, Terminal } from "lucide-react";
import { useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import buttons from "../button.module.css";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./login.module.css";
import { PasswordForm } from "./password-form.tsx";

type Ways = ReplyOf<typeof apiRoutes.loginWays>;
/** Where nobody can tell, the link is still a way. */
const ONLY_LINKS: Ways = { password: false, oidc: null };

interface SignInWaysProps {
  /** Why a sign-in before did not work. */
  readonly refusal: BrowserVmError | null;
  readonly onSignedIn: () => void;
}

/** The ways in that there are here: password, OpenID provider, and always a link made on the machine. */
export function SignInWays({ refusal, onSignedIn }: SignInWaysProps) {
  const [ways, setWays] = useState<Ways | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    client.loginWays({ signal: ended.signal }).then(setWays, () => setWays(ONLY_LINKS));
    return () => ended.abort();
  }, []);
  if (ways === null) return <p className={css.lead}>One moment.</p>;
  const hasOthers = ways.password || ways.oidc !== null;
  return (
    <>
      {refusal === null ? null : <ErrorCard error={refusal} />}
      {ways.password ? <PasswordForm onSignedIn={onSignedIn} /> : null}
      {ways.password && ways.oidc ? <p className={css.or}>or</p> : null}
      {ways.oidc === null ? null : (
        // a document of the provider, not a page of this app
        <a href="/v1/login/oidc" className={`${buttons.button} ${buttons.plain} ${css.wide}`}>
          <LogIn size={17} aria-hidden="true" />
          Sign in with {ways.oidc.name}
        </a>
      )}
      {hasOthers ? (
        <details className={css.more}>
          <summary>Other ways</summary>
          <ByLink />
          <p className={css.lead}>Forgot your password? An admin makes you a link for a new one.</p>
        </details>
      ) : (
        <ByLink lead="There is no account yet. A link that works once lets you in:" />
      )}
    </>
  );
}

function ByLink({ lead = "A link that works once lets you in as well:" }: { lead?: string }) {
  return (
    <>
      <p className={css.lead}>{lead}</p>
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
