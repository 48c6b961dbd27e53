"use client";
import { type BrowserVmError, type Session, toBrowserVmError } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { formatAccelerator, formatSpan } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./about-panel.module.css";

const LIFETIMES = [
  [900, "15 min"],
  [3600, "1 h"],
  [14_400, "4 h"],
  [86_400, "1 day"],
] as const;

interface AboutPanelProps {
  readonly session: Session;
  readonly isViewer: boolean;
  readonly onChanged: () => void;
}

/** What a session is made of, and how long it lives. */
export function AboutPanel({ session, isViewer, onChanged }: AboutPanelProps) {
  const { vm } = session;
  const address = vm?.address;
  return (
    <div className={css.panel}>
      {isViewer ? null : <Lifetime session={session} onChanged={onChanged} />}
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

function Lifetime({ session, onChanged }: { session: Session; onChanged: () => void }) {
  const now = useNow();
  const [error, setError] = useState<BrowserVmError | null>(null);
  const isOver = session.status !== "ready" && session.status !== "paused" && session.status !== "pending";
  const extend = async (ttlSeconds: number) => {
    try {
      await client.sessions.extend(session.id, ttlSeconds);
      setError(null);
      onChanged();
    } catch (thrown) {
      setError(toBrowserVmError(thrown));
    }
  };
  if (isOver) return null;
  return (
    <section className={css.life} aria-label="Lifetime">
      <p>
        Ends by itself in{" "}
        <strong>{now && session.expiresAt ? formatSpan(Date.parse(session.expiresAt) - now) : "…"}</strong>.
        From now on, let it live for
      </p>
      <div className={css.choices}>
        {LIFETIMES.map(([seconds, words]) => (
          <Button key={seconds} onClick={() => void extend(seconds)}>
            {words}
          </Button>
        ))}
      </div>
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
