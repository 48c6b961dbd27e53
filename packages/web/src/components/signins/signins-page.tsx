"use client";
import { LogIn } from "lucide-react";
import { useState } from "react";
import { may } from "../../lib/may.ts";
import { SigninListSource, type SigninsLook } from "../../lib/signin-sources.ts";
import { findSignins, type SigninChoice } from "../../lib/signin-view.ts";
import { useLive } from "../../lib/use-live.ts";
import { useMe } from "../../lib/use-me.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { ListSkeleton } from "../list-skeleton.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { type Filter, NarrowedList } from "../narrowed-list.tsx";
import { NothingYet } from "../nothing-yet.tsx";
import css from "../page.module.css";
import { useSignIn } from "../use-sign-in.ts";
import { SigninList } from "./signin-list.tsx";
import { StartSigninDialog } from "./start-signin-dialog.tsx";

const FILTER: Filter<SigninChoice> = {
  label: "Find a sign-in by provider, account, reason or id",
  placeholder: "Provider, account, reason",
  choiceLabel: "Which sign-ins",
  choices: [
    { value: "all", words: "All sign-ins" },
    { value: "open", words: "Going on" },
    { value: "completed", words: "Completed" },
    { value: "other", words: "Ended without a connection" },
  ],
};

/** Guided sign-ins: those that go on, and what became of the others. */
export function SigninsPage() {
  const [source] = useState(() => new SigninListSource());
  const { data, error, refresh } = useLive(() => source, { restsWhenHidden: true });
  const [isStarting, setStarting] = useState(false);
  const canStart = may(useMe(), "connections:write");
  useSignIn(error);
  const showOlder = () => {
    source.showOlder();
    refresh();
  };
  return (
    <>
      <AppBar />
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>Sign-ins</h1>
          {canStart ? (
            <Button look="primary" icon={<LogIn size={17} />} onClick={() => setStarting(true)}>
              New sign-in
            </Button>
          ) : null}
        </div>
        <LoadProblem error={error} isStale={data !== null} onRetry={refresh} />
        {data === null && error === null ? (
          <ListSkeleton words="Loading sign-ins…" rows={4} of="signins" />
        ) : null}
        {data === null ? null : (
          <Found look={data} onOlder={showOlder} onStart={canStart ? () => setStarting(true) : null} />
        )}
      </main>
      {isStarting ? <StartSigninDialog onClose={() => setStarting(false)} /> : null}
    </>
  );
}

interface FoundProps {
  readonly look: SigninsLook;
  readonly onOlder: () => void;
  /** Null: the reader may start none. */
  readonly onStart: (() => void) | null;
}

function Found({ look: { signins, hasOlder }, onOlder, onStart }: FoundProps) {
  if (signins.length === 0) return <NoSignins onStart={onStart} />;
  return (
    <>
      <NarrowedList
        items={signins}
        find={findSignins}
        filter={FILTER}
        none="No sign-in fits what you look for."
      >
        {(shown) => <SigninList signins={shown} />}
      </NarrowedList>
      {hasOlder ? (
        <div className={css.actions}>
          <Button onClick={onOlder}>Load older ones</Button>
        </div>
      ) : null}
    </>
  );
}

function NoSignins({ onStart }: Pick<FoundProps, "onStart">) {
  return (
    <NothingYet icon={LogIn} title="Nobody has signed in here yet">
      <p>
        A sign-in opens a fresh browser in a machine of its own. You sign in there, live in this page; what
        comes of it is locked into the vault as a connection, and the machine is destroyed.
      </p>
      {onStart === null ? null : (
        <Button look="primary" icon={<LogIn size={17} />} onClick={onStart}>
          Sign in somewhere
        </Button>
      )}
    </NothingYet>
  );
}
