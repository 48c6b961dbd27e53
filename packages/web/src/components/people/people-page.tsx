"use client";
import { ChevronRight } from "lucide-react";
import { may } from "../../lib/may.ts";
import { meSource } from "../../lib/people-sources.ts";
import { useLive } from "../../lib/use-live.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { AccountPanel } from "./account-panel.tsx";
import { KeysPanel } from "./keys-panel.tsx";
import { MembersPanel } from "./members-panel.tsx";
import css from "./people.module.css";

/** One's own account, and what one may see of people and keys. */
export function PeoplePage() {
  const { data: me, error, refresh } = useLive(meSource, { restsWhenHidden: true });
  useSignIn(error);
  return (
    <>
      <AppBar isInner>
        <ChevronRight size={15} className={css.chevron} aria-hidden="true" />
        <span>People</span>
      </AppBar>
      <main id="main" className={css.page}>
        <h1>Members & keys</h1>
        {error === null || error.code === "UNAUTHENTICATED" ? null : (
          <ErrorCard error={error} actions={<Button onClick={refresh}>Try again</Button>} />
        )}
        {me === null ? (
          error === null && (
            <Skeleton words="Looking who you are…" blocks={3} layout={css.panels} block={css.ghost} />
          )
        ) : (
          <div className={css.panels}>
            <AccountPanel me={me} onChanged={refresh} />
            {may(me, "people:read") ? <MembersPanel me={me} /> : null}
            {may(me, "keys:write") ? <KeysPanel me={me} /> : null}
          </div>
        )}
      </main>
    </>
  );
}
