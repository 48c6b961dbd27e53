"use client";
import type { Session } from "@browservm/contract";
import { Clock, Cpu, Hourglass, Package, X } from "lucide-react";
import Link from "next/link";
import { formatAccelerator, formatPage, formatSpan } from "../../lib/format.ts";
import { launchStepTitle } from "../../lib/launch-steps.ts";
import { useNow } from "../../lib/use-now.ts";
import { IconButton } from "../button.tsx";
import { StatusPill } from "../status-pill.tsx";
import css from "./session-card.module.css";
import { Thumbnail } from "./thumbnail.tsx";

interface SessionCardProps {
  readonly session: Session;
  readonly onEnd: (session: Session) => void;
}

/** One running session: what it shows now, what it is, how long it lives. */
export function SessionCard({ session, onEnd }: SessionCardProps) {
  const now = useNow();
  const page = formatPage(session.url);
  return (
    <li className={css.card}>
      <div className={css.picture}>
        {session.status === "ready" ? <Thumbnail session={session} /> : <Launching session={session} />}
      </div>
      <div className={css.title}>
        <h2>
          <Link href={`/sessions/${session.id}`} className={css.link}>
            {page}
          </Link>
        </h2>
        <StatusPill status={session.status} />
      </div>
      <dl className={css.facts}>
        <Fact name="Image" icon={<Package size={14} />} value={session.image} />
        <Fact name="VM" icon={<Cpu size={14} />} value={machine(session)} />
        <Fact
          name="Age"
          icon={<Clock size={14} />}
          value={now ? formatSpan(now - Date.parse(session.createdAt)) : "…"}
        />
        <Fact name="Time left" icon={<Hourglass size={14} />} value={now ? timeLeft(session, now) : "…"} />
      </dl>
      <IconButton className={css.end ?? ""} label={`End session ${page}`} onClick={() => onEnd(session)}>
        <X size={16} />
      </IconButton>
    </li>
  );
}

function timeLeft({ expiresAt }: Session, now: number): string {
  return expiresAt === null ? "paused" : `${formatSpan(Date.parse(expiresAt) - now)} left`;
}

function machine({ vm }: Session): string {
  if (vm === null) return "no VM yet";
  const how = formatAccelerator(vm.accelerator);
  return vm.address ? `${vm.address.ip} · ${how}` : how;
}

function Fact({ name, icon, value }: { name: string; icon: React.ReactNode; value: string }) {
  return (
    <div title={name}>
      <dt>
        {icon}
        <span className="visually-hidden">{name}</span>
      </dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What a session that is not ready is doing. */
function Launching({ session }: { session: Session }) {
  const step = session.vm?.steps.findLast(({ status }) => status === "running");
  const words =
    session.status === "ending"
      ? "Ending…"
      : step
        ? `${launchStepTitle(step.step)}…`
        : "Asking for a machine…";
  return (
    <div className={css.launching}>
      <span className={css.spinner} aria-hidden="true" />
      <p>{words}</p>
    </div>
  );
}
