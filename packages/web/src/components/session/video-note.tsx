"use client";
import type { BlackCause } from "@browservm/contract";
import { TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { statRows } from "../../lib/live-words.ts";
import { IconButton } from "../button.tsx";
import { WithCode } from "../problem-card.tsx";
import type { LiveVideo } from "./use-live-video.ts";
import css from "./video-note.module.css";

/** What is said over the display about its picture: its numbers when asked for, and why video is not there. */
export function VideoNote({ video }: { video: LiveVideo }) {
  const { isStatsOpen, toggleStats } = video;
  const state = video.state?.video ?? null;
  if (state === null) return null;
  return (
    <div className={css.notes}>
      {isStatsOpen ? <Numbers rows={statRows(state)} onClose={toggleStats} /> : null}
      {state.black === null ? null : <BlackCard key={state.wish} black={state.black} />}
    </div>
  );
}

interface NumbersProps {
  readonly rows: ReturnType<typeof statRows>;
  readonly onClose: () => void;
}

function Numbers({ rows, onClose }: NumbersProps) {
  return (
    <section className={css.numbers} aria-label="Numbers of the picture">
      <IconButton label="Hide the numbers" className={css.close} onClick={onClose}>
        <X size={15} />
      </IconButton>
      <dl>
        {rows.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function BlackCard({ black }: { black: BlackCause }) {
  const [isHidden, setHidden] = useState(false);
  if (isHidden) return null;
  return (
    <section className={css.black} aria-label="Why is there no video?">
      <TriangleAlert size={18} aria-hidden="true" />
      <div className={css.words} role="status">
        <h2>Why is there no video?</h2>
        <p>{black.cause}</p>
        <p className={css.fix}>
          <WithCode text={black.fix} />
        </p>
        <p className={css.fix}>Until then you see pictures by VNC.</p>
      </div>
      <IconButton label="Hide this" className={css.close} onClick={() => setHidden(true)}>
        <X size={15} />
      </IconButton>
    </section>
  );
}
