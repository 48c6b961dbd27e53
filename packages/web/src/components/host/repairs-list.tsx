"use client";
import type { HostPicture } from "@browservm/contract";
import { CircleCheck, CircleX, Hourglass, OctagonX, ShieldCheck } from "lucide-react";
import Link from "next/link";
import { shortId } from "../../lib/doctor-view.ts";
import { formatAgo, formatDuration, formatTime } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { CodeButton } from "../doctor/code-button.tsx";
import css from "./repairs-list.module.css";

type HostRepair = HostPicture["repairs"][number];

const OUTCOMES = {
  repaired: { Icon: CircleCheck, words: "healed" },
  failed: { Icon: CircleX, words: "did not work" },
  "held-off": { Icon: Hourglass, words: "held off" },
  "not-repairable": { Icon: OctagonX, words: "cannot be healed" },
} as const;

/** What the watch healed, or could not: newest first. */
export function RepairsList({ repairs }: { repairs: readonly HostRepair[] }) {
  const now = useNow();
  const healed = repairs.filter(({ outcome }) => outcome === "repaired").length;
  return (
    <section className={css.panel} aria-labelledby="healed-title">
      <header className={css.header}>
        <h2 id="healed-title">What was healed</h2>
        {repairs.length > 0 ? (
          <p role="status">
            {healed} of the last {repairs.length}
          </p>
        ) : null}
      </header>
      {repairs.length === 0 ? (
        <div className={css.empty}>
          <ShieldCheck size={26} aria-hidden="true" />
          <p>Nothing had to be. The watch looks at every link, rule and route all the time.</p>
        </div>
      ) : null}
      <ol className={css.list} aria-label="Repairs, newest first">
        {repairs.map((repair) => (
          <RepairItem key={`${repair.at}:${repair.code}:${repair.vmId}`} repair={repair} now={now} />
        ))}
      </ol>
    </section>
  );
}

function RepairItem({ repair, now }: { repair: HostRepair; now: number | null }) {
  const { at, code, cause, step, outcome, tookMs, suspects, sessionId, vmId } = repair;
  const { Icon, words } = OUTCOMES[outcome];
  return (
    <li className={css.repair} data-outcome={outcome}>
      <Icon size={17} aria-hidden="true" />
      <div>
        <p className={css.cause}>{cause}</p>
        {step ? <p className={css.step}>{step}</p> : null}
        {suspects.length > 0 ? <p className={css.suspects}>Perhaps by {suspects.join(", ")}</p> : null}
        <div className={css.facts}>
          <span className={css.outcome}>
            {words}
            {outcome === "repaired" ? ` in ${formatDuration(tookMs)}` : ""}
          </span>
          <time dateTime={at} title={at}>
            {formatTime(at).slice(0, 8)}
            {now === null ? "" : `, ${formatAgo(at, now)}`}
          </time>
          {sessionId ? <Link href={`/sessions/${sessionId}`}>{shortId(sessionId)}</Link> : null}
          {vmId && !sessionId ? <span>{shortId(vmId)}</span> : null}
          <CodeButton code={code} cause={cause} />
        </div>
      </div>
    </li>
  );
}
