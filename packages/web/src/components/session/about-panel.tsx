"use client";
import type { Session } from "@browservm/contract";
import { Hourglass, Pause } from "lucide-react";
import { client } from "../../lib/client.ts";
import { formatAccelerator } from "../../lib/format.ts";
import { deadlinesOf, deadlineWords } from "../../lib/timeouts.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./about-panel.module.css";
import { BeginningCard } from "./beginning.tsx";
import { ProfileCard } from "./profile-card.tsx";

const LIFETIMES = [
  [900, "15 min"],
  [3600, "1 h"],
  [14_400, "4 h"],
  [86_400, "1 day"],
] as const;

const LIVING: ReadonlySet<string> = new Set(["pending", "ready", "paused"]);

interface AboutPanelProps {
  readonly session: Session;
  /** What it took to get a VM of a pool, in milliseconds. */
  readonly claimMs: number | undefined;
  readonly isViewer: boolean;
  readonly onChanged: () => void;
}

/** What a session is made of, how it began, and how long it lives. */
export function AboutPanel({ session, claimMs, isViewer, onChanged }: AboutPanelProps) {
  const { vm } = session;
  const address = vm?.address;
  return (
    <div className={css.panel}>
      <Lifetime {...{ session, isViewer, onChanged }} />
      <BeginningCard session={session} claimMs={claimMs} />
      <ProfileCard session={session} onChanged={onChanged} />
      <dl className={css.facts}>
        <Fact name="Session" value={session.id} />
        {vm === null ? null : <Fact name="VM" value={vm.id} />}
        <Fact name="Image" value={session.image} />
        {vm === null ? null : <Fact name="Runs on" value={formatAccelerator(vm.accelerator)} isPlain />}
        {address ? <Fact name="Address" value={address.ip} /> : null}
        {address ? <Fact name="Gateway" value={`${address.gateway}/${address.prefix}`} /> : null}
        {address ? <Fact name="MAC" value={address.mac} /> : null}
        {address ? <Fact name="TAP" value={address.tap} /> : null}
        <Fact name="Display" value={`${session.viewport.width} × ${session.viewport.height}`} isPlain />
        <Fact name="Link" value={session.liveViewUrl} />
        {Object.entries(session.labels).map(([key, value]) => (
          <Fact key={key} name={key} value={value} />
        ))}
      </dl>
    </div>
  );
}

/** Each time-out as a sentence, and the choice of another lifetime. */
function Lifetime({ session, isViewer, onChanged }: Omit<AboutPanelProps, "claimMs">) {
  const now = useNow();
  const { isBusy, error, run } = useAttempt();
  const deadlines = deadlinesOf(session);
  const extend = async (ttlSeconds: number) => {
    if (await run(() => client.sessions.extend(session.id, ttlSeconds))) onChanged();
  };
  if (!LIVING.has(session.status)) return null;
  return (
    <section className={css.life} aria-label="Lifetime">
      <ul className={css.deadlines}>
        {deadlines.map((deadline) => (
          <li key={deadline.timeout} data-action={deadline.action}>
            {deadline.action === "end" ? (
              <Hourglass size={15} aria-hidden="true" />
            ) : (
              <Pause size={15} aria-hidden="true" />
            )}
            <span>{now === null ? "…" : deadlineWords(deadline, now)}</span>
          </li>
        ))}
        {deadlines.length === 0 ? <li>Nothing ends it by itself.</li> : null}
      </ul>
      {isViewer || session.status === "paused" ? null : (
        <>
          <p className={css.ask}>From now on, let it live without a reader for</p>
          <div className={css.choices}>
            {LIFETIMES.map(([seconds, words]) => (
              <Button key={seconds} disabled={isBusy} onClick={() => void extend(seconds)}>
                {words}
              </Button>
            ))}
          </div>
        </>
      )}
      {error === null ? null : <ErrorCard error={error} />}
    </section>
  );
}

function Fact({ name, value, isPlain = false }: { name: string; value: string; isPlain?: boolean }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{isPlain ? value : <code>{value}</code>}</dd>
      {isPlain ? null : <CopyButton text={value} what={name} isSmall />}
    </div>
  );
}
