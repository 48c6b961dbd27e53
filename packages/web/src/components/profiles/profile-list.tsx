"use client";
import type { Profile } from "@browservm/contract";
import { Play, Trash2 } from "lucide-react";
import Link from "next/link";
import { formatBytes } from "../../lib/file-view.ts";
import { formatAgo } from "../../lib/format.ts";
import { profileState } from "../../lib/profile-view.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button, IconButton } from "../button.tsx";
import { TonePill } from "../tone-pill.tsx";
import css from "./profile-list.module.css";

interface ProfileListProps {
  readonly profiles: readonly Profile[];
  /** Null: the reader may not. */
  readonly onOpen: ((profile: Profile) => void) | null;
  readonly onRemove: ((profile: Profile) => void) | null;
}

/** Profiles as rows, with what can be done with each. */
export function ProfileList({ profiles, onOpen, onRemove }: ProfileListProps) {
  const now = useNow(15_000);
  return (
    <ul className={css.list} aria-label="Profiles">
      {profiles.map((profile) => (
        <li key={profile.id} className={css.row}>
          <div className={css.who}>
            <strong>{profile.name}</strong>
            <p>{profile.project}</p>
          </div>
          <State profile={profile} />
          <dl className={css.facts}>
            <Fact name="Size" words={profile.version === 0 ? "empty" : formatBytes(profile.bytes)} />
            <Fact name="Saved" words={agoWords(profile.savedAt, now)} />
            <Fact name="Loaded" words={agoWords(profile.usedAt, now)} />
          </dl>
          <div className={css.acts}>
            {onOpen === null ? null : (
              <Button icon={<Play size={15} />} onClick={() => onOpen(profile)}>
                Open
              </Button>
            )}
            {onRemove === null ? null : (
              <IconButton label={`Delete ${profile.name}`} onClick={() => onRemove(profile)}>
                <Trash2 size={16} />
              </IconButton>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function State({ profile }: { profile: Profile }) {
  const { words, tone } = profileState(profile);
  const { writer, failure } = profile;
  return (
    <div className={css.state}>
      <TonePill tone={tone} words={words} title={failure?.fix ?? words} />
      {failure === null ? null : <p className={css.note}>{failure.message}</p>}
      {writer === null ? null : (
        <p className={css.note}>
          written by <Link href={`/sessions/${writer.sessionId}`}>a session that runs</Link>
        </p>
      )}
    </div>
  );
}

function Fact({ name, words }: { name: string; words: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{words}</dd>
    </div>
  );
}

const agoWords = (at: string | null, now: number | null) =>
  at === null ? "never" : now === null ? "…" : formatAgo(at, now);
