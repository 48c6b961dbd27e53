"use client";
import type { GateReport, Session } from "@browservm/contract";
import { Info } from "lucide-react";
import { formatClock, formatPage } from "../../lib/format.ts";
import { launchStepTitle } from "../../lib/launch-steps.ts";
import { useNow } from "../../lib/use-now.ts";
import css from "./launch-view.module.css";
import { NetworkPanel } from "./network-panel.tsx";
import { GateTimeline, LaunchTimeline } from "./timeline.tsx";

/** What one sees while the machine comes up: every step, what it proves, and how long it takes. */
export function LaunchView({ session, gate }: { session: Session; gate: GateReport | null }) {
  const now = useNow(500);
  const steps = session.vm?.steps ?? [];
  const current = steps.findLast(({ status }) => status === "running");
  const isEmulated = session.vm !== null && session.vm.accelerator !== "kvm";
  return (
    <div className={css.view}>
      <header className={css.header}>
        <div>
          <h1>Starting {session.url === null ? "your browser" : formatPage(session.url)}</h1>
          <p className={css.now} aria-live="polite">
            {current ? `${launchStepTitle(current.step)}…` : "Asking for a machine…"}
          </p>
        </div>
        <p className={css.clock} role="timer" aria-label="Time since the start">
          {now ? formatClock(now - Date.parse(session.createdAt)) : "0:00"}
        </p>
      </header>
      {isEmulated ? (
        <p className={css.hint}>
          <Info size={16} aria-hidden="true" />
          <span>
            No KVM on this machine: the VM is emulated, and this takes about a minute. With KVM it takes
            seconds.
          </span>
        </p>
      ) : null}
      <div className={css.columns}>
        <section className={css.column} aria-labelledby="launch-title">
          <h2 id="launch-title">Launch</h2>
          <LaunchTimeline steps={steps} />
        </section>
        <section className={css.column} aria-labelledby="proof-title">
          <h2 id="proof-title">Proof of the network</h2>
          <NetworkPanel gate={gate} />
          <GateTimeline gate={gate} />
        </section>
      </div>
    </div>
  );
}
