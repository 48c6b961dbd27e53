"use client";
import { useId } from "react";
import { may } from "../../lib/may.ts";
import { profileListSource } from "../../lib/profile-sources.ts";
import { profileHint, profileNamed } from "../../lib/profile-view.ts";
import { type DraftProblems, profileModeOf, type SessionDraft } from "../../lib/session-draft.ts";
import { useLive } from "../../lib/use-live.ts";
import { useMe } from "../../lib/use-me.ts";
import { Field } from "./field.tsx";
import css from "./new-session-dialog.module.css";

interface ProfileFieldsProps {
  readonly draft: SessionDraft;
  readonly problems: DraftProblems;
  readonly onChange: (part: Partial<SessionDraft>) => void;
}

/** The browser profile that a session begins with. Nobody is asked who may use none. */
export function ProfileFields(props: ProfileFieldsProps) {
  return may(useMe(), "profiles:use") ? <Fields {...props} /> : null;
}

function Fields({ draft, problems, onChange }: ProfileFieldsProps) {
  const { data } = useLive(profileListSource, { restsWhenHidden: true });
  const canWrite = may(useMe(), "profiles:write");
  const known = profileNamed(data, draft.profile);
  const listId = useId();
  const mode = profileModeOf(draft, canWrite);
  return (
    <div className={css.pair}>
      <Field
        label="Profile"
        hint={profileHint({ name: draft.profile, canWrite, mode, isNew: data !== null && !known })}
        problem={problems.profile}
      >
        {(control) => (
          <>
            <input
              {...control}
              list={listId}
              autoComplete="off"
              spellCheck={false}
              placeholder="none"
              value={draft.profile}
              onChange={(event) => onChange({ profile: event.target.value })}
            />
            <datalist id={listId}>
              {(data ?? []).map(({ id, name }) => (
                <option key={id} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field
        label="At its end"
        hint={known?.writer && mode === "write" ? "Another session writes it now." : " "}
      >
        {(control) => (
          <select
            {...control}
            value={mode}
            onChange={({ target }) => onChange({ profileMode: target.value === "read" ? "read" : "write" })}
          >
            {canWrite ? <option value="write">Save the profile</option> : null}
            <option value="read">Leave the profile as it is</option>
          </select>
        )}
      </Field>
    </div>
  );
}
