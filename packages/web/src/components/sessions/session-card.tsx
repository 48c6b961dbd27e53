"use client";
import type { Session } from "@browservm/contract";
import { Clock, Cpu, Hourglass, Package, Play, X } from "lucide-react";
import Link from "next/link";
import { client } from "../../lib/client.ts";
import { formatAccelerator, formatMib, formatPage, formatSpan } from "../../lib/format.ts";
import { lastStory, launchStepTitle } from "../../lib/launch-steps.ts";
import { phaseOf, type SessionPhase } from "../../lib/session-phase.ts";
import { nextWords } from "../../lib/timeouts.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useLastFrame } from "../../lib/use-last-frame.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button, IconButton } from "../button.tsx";
import { IsolationBadge } from "../isolation-badge.tsx";
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
  const phase = phaseOf(session);
  return (
    <li className={css.card}>
      <div className={css.picture}>
        <Picture session={session} phase={phase} />
      </div>
      <div className={css.title}>
        <h2>
          <Link href={`/sessions/${session.id}`} className={css.link}>
            {page}
          </Link>
        </h2>
        <IsolationBadge isolation={session.vm?.isolation} isShort />
        <StatusPill phase={phase} />
      </div>
      <dl className={css.facts}>
        <Fact name="Image" icon={<Package size={14} />} value={session.image} />
        <Fact name="VM" icon={<Cpu size={14} />} value={machine(session)} />
        <Fact
          name="Age"
          icon={<Clock size={14} />}
          value={now ? formatSpan(now - Date.parse(session.createdAt)) : "…"}
        />
        <Fact name="Time left" icon={<Hourglass size={14} />} value={now ? nextWords(session, now) : "…"} />
      </dl>
      <IconButton className={css.end ?? ""} label={`End session ${page}`} onClick={() => onEnd(session)}>
        <X size={16} />
      </IconButton>
    </li>
  );
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

interface PictureProps {
  readonly session: Session;
  readonly phase: SessionPhase;
}

function Picture({ session, phase }: PictureProps) {
  if (phase === "ready") return <Thumbnail session={session} />;
  if (phase === "paused") return <Resting session={session} />;
  return <Moving session={session} phase={phase} />;
}

/** A paused session: what it showed last, and the way back without leaving the list. */
function Resting({ session }: { session: Session }) {
  const frame = useLastFrame(session.id);
  const { isBusy, error, run } = useAttempt();
  return (
    <div className={css.resting}>
      {frame === undefined ? null : (
        // biome-ignore lint/performance/noImgElement: a picture of this page, which no image server can resize
        <img src={frame} alt="" />
      )}
      <Button
        className={css.resume ?? ""}
        icon={<Play size={16} />}
        disabled={isBusy}
        aria-label={`Resume session ${formatPage(session.url)}`}
        onClick={() => void run(() => client.sessions.resume(session.id))}
      >
        {isBusy ? "Resuming…" : "Resume"}
      </Button>
      <p role="status">{error === null ? onDisk(session) : error.message}</p>
    </div>
  );
}

const onDisk = ({ vm }: Session) =>
  vm?.paused ? `${formatMib(vm.paused.sizeMib)} on disk, memory freed` : "";

/** What a session that is on its way somewhere is doing. */
function Moving({ session: { id, vm }, phase }: PictureProps) {
  const frame = useLastFrame(id);
  const story = lastStory(vm?.steps ?? [], vm?.origin);
  const step = story.steps.findLast(({ status }) => status === "running");
  const words =
    phase !== "ending" && step ? `${launchStepTitle(step.step, story.kind)}…` : MOVING_WORDS[phase];
  return (
    <div className={css.launching}>
      {frame === undefined ? null : (
        // biome-ignore lint/performance/noImgElement: a picture of this page, which no image server can resize
        <img src={frame} alt="" />
      )}
      <span className={css.spinner} aria-hidden="true" />
      <p>{words ?? "Asking for a machine…"}</p>
    </div>
  );
}

const MOVING_WORDS: Readonly<Partial<Record<SessionPhase, string>>> = {
  ending: "Ending…",
  pausing: "Pausing…",
  resuming: "Resuming…",
};
