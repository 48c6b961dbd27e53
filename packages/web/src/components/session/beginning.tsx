import type { Session } from "@browservm/contract";
import { Camera, GitFork, Power, Zap } from "lucide-react";
import Link from "next/link";
import { formatDuration } from "../../lib/format.ts";
import { type Beginning, beginningOf } from "../../lib/how-it-began.ts";
import css from "./beginning.module.css";

const ICONS = { pool: Zap, snapshot: Camera, boot: Power, fork: GitFork } as const;

interface BeginningProps {
  readonly session: Session;
  readonly claimMs: number | undefined;
}

/** How a session came to be, in one small line. */
export function BeginningChip({ session, claimMs }: BeginningProps) {
  const beginning = beginningOf(session, claimMs);
  if (beginning === undefined) return null;
  const Icon = ICONS[beginning.kind];
  return (
    <span className={css.chip} data-kind={beginning.kind} title={beginning.detail}>
      <Icon size={13} aria-hidden="true" />
      <span className="visually-hidden">This session came </span>
      {beginning.words}
    </span>
  );
}

/** The same with all that is known: what it was made from, and how it became a machine of its own. */
export function BeginningCard({ session, claimMs }: BeginningProps) {
  const beginning = beginningOf(session, claimMs);
  if (beginning === undefined) return null;
  const { vm, forkOf } = session;
  return (
    <section className={css.card} aria-label="How it began">
      <Headline beginning={beginning} />
      {beginning.detail ? <p className={css.detail}>{capital(beginning.detail)}.</p> : null}
      {forkOf === null ? null : <Link href={`/sessions/${forkOf}`}>Open the session that it began as</Link>}
      {vm?.snapshotId === undefined ? null : (
        <p className={css.detail}>
          Golden snapshot <code>{vm.snapshotId}</code>
        </p>
      )}
      {vm?.identity ? <Identity identity={vm.identity} /> : null}
    </section>
  );
}

function Headline({ beginning: { kind, words } }: { beginning: Beginning }) {
  const Icon = ICONS[kind];
  return (
    <h3 className={css.headline} data-kind={kind}>
      <Icon size={17} aria-hidden="true" />
      {capital(words)}
    </h3>
  );
}

/** What the guest did to be nobody else, with the time of each step. */
function Identity({ identity }: { identity: NonNullable<NonNullable<Session["vm"]>["identity"]> }) {
  const total = identity.steps.reduce((sum, { ms }) => sum + ms, 0);
  const longest = Math.max(1, ...identity.steps.map(({ ms }) => ms));
  return (
    <details className={css.identity}>
      <summary>
        Took an identity of its own in {formatDuration(total)} ({identity.steps.length} steps)
      </summary>
      <ol>
        {identity.steps.map(({ step, ms }) => (
          <li key={step}>
            <span>{step.replaceAll(/[-_.]/g, " ")}</span>
            <progress max={longest} value={ms} aria-hidden="true" />
            <span>{formatDuration(ms)}</span>
          </li>
        ))}
      </ol>
      <p className={css.detail}>Its clock was set on by {formatDuration(Math.abs(identity.clockStepMs))}.</p>
    </details>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
