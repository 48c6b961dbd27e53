"use client";
import type { Signin } from "@browservm/contract";
import Link from "next/link";
import { formatAgo } from "../../lib/format.ts";
import { STATE_WORDS } from "../../lib/signin-view.ts";
import { useNow } from "../../lib/use-now.ts";
import { TonePill } from "../tone-pill.tsx";
import css from "./signin-list.module.css";

/** Sign-ins as rows, each of which leads to its own page. */
export function SigninList({ signins }: { signins: readonly Signin[] }) {
  const now = useNow(5000);
  return (
    <ul className={css.list} aria-label="Sign-ins">
      {signins.map((signin) => (
        <Row key={signin.id} signin={signin} now={now} />
      ))}
    </ul>
  );
}

function Row({ signin, now }: { signin: Signin; now: number | null }) {
  const { id, provider, subject, state, attempt, renews, reason, connectionId, createdAt } = signin;
  const { words, tone } = STATE_WORDS[state];
  return (
    <li className={css.row}>
      <div className={css.who}>
        <Link href={`/signins/${id}`} className={css.link} aria-label={`Sign-in at ${provider}, ${words}`}>
          {provider}
        </Link>
        <p>
          {[subject, renews ? "again" : "", attempt > 1 ? `attempt ${attempt}` : ""]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <TonePill tone={tone} words={words} />
      <p className={css.why}>
        {state === "completed" && connectionId !== null ? (
          <Link href={`/connections/${connectionId}`} className={css.made}>
            Open the connection
          </Link>
        ) : (
          reason?.message
        )}
      </p>
      <time className={css.when} dateTime={createdAt}>
        {now === null ? "" : formatAgo(createdAt, now)}
      </time>
    </li>
  );
}
