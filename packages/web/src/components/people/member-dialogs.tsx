"use client";
import { type InvitationLink, type Person, Role } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./people.module.css";
import { RoleChoice } from "./role-choice.tsx";
import { ShownOnce } from "./shown-once.tsx";

/** What was asked to do with a person. */
export interface MemberWish {
  readonly do: "role" | "reset" | "disable" | "enable" | "remove";
  readonly person: Person;
}

interface MemberDialogsProps {
  readonly wish: MemberWish;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** Asks before what changes somebody's way in. */
export function MemberDialogs({ wish, onChanged, onClose }: MemberDialogsProps) {
  const { person } = wish;
  const { id, name } = person;
  if (wish.do === "role") return <RoleDialog {...{ person, onChanged, onClose }} />;
  if (wish.do === "reset") return <ResetDialog {...{ person, onClose }} />;
  const asked = { ...QUESTIONS[wish.do], onClose };
  const act =
    wish.do === "remove"
      ? () => client.people.remove(id)
      : () => client.people.change(id, { disabled: wish.do === "disable" });
  return (
    <ConfirmDialog
      title={`${asked.confirm} ${name}?`}
      confirm={asked.confirm}
      busy={asked.busy}
      look={wish.do === "enable" ? "primary" : "danger"}
      onConfirm={() => act().finally(onChanged)}
      onClose={onClose}
    >
      <p>{asked.words}</p>
    </ConfirmDialog>
  );
}

const QUESTIONS = {
  disable: {
    confirm: "Disable",
    busy: "Disabling…",
    words: "Their sign-ins and open views end now, and their keys do not work until they are enabled again.",
  },
  enable: {
    confirm: "Enable",
    busy: "Enabling…",
    words: "They may sign in again, and their keys work again.",
  },
  remove: {
    confirm: "Remove",
    busy: "Removing…",
    words:
      "Their account, sign-ins and keys are gone for good. Sessions and connections that they made stay.",
  },
} as const;

interface PersonDialogProps {
  readonly person: Person;
  readonly onClose: () => void;
}

function RoleDialog({ person, onChanged, onClose }: PersonDialogProps & { onChanged: () => void }) {
  const [role, setRole] = useState<Role>(person.role);
  const { isBusy, error, run } = useAttempt();
  const save = async () => {
    if (!(await run(() => client.people.change(person.id, { role })))) return;
    onChanged();
    onClose();
  };
  return (
    <Dialog title={`Role of ${person.name}`} onClose={onClose}>
      <RoleChoice roles={Role.options} value={role} onChange={setRole} />
      <p className={css.lead}>Another role ends their sign-ins: they sign in anew.</p>
      {error === null ? null : <ErrorCard error={error} />}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" disabled={isBusy || role === person.role} onClick={() => void save()}>
          {isBusy ? "Saving…" : "Save"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function ResetDialog({ person, onClose }: PersonDialogProps) {
  const [link, setLink] = useState<InvitationLink | null>(null);
  const { isBusy, error, run } = useAttempt();
  const make = () => run(async () => setLink(await client.people.reset(person.id)));
  return (
    <Dialog title={`New password for ${person.name}`} onClose={onClose}>
      {link === null ? (
        <p>
          Makes a link by which {person.name} chooses a new password, once, within three days. Until then the
          old one works.
        </p>
      ) : (
        <ShownOnce
          label={`The link for ${person.name}`}
          hint="Copy it now: it is shown only this once. Whoever has it gets in as them."
          text={link.url}
          what="link"
        />
      )}
      {error === null ? null : <ErrorCard error={error} />}
      <DialogActions>
        <Button onClick={onClose}>{link === null ? "Cancel" : "Done"}</Button>
        {link === null ? (
          <Button look="primary" data-first-focus disabled={isBusy} onClick={() => void make()}>
            {isBusy ? "Making it…" : "Make the link"}
          </Button>
        ) : null}
      </DialogActions>
    </Dialog>
  );
}
