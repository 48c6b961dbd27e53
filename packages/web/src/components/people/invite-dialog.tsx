"use client";
import { type InvitationLink, Role } from "@browservm/contract";
import { UserPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./people.module.css";
import { RoleChoice } from "./role-choice.tsx";
import { ShownOnce } from "./shown-once.tsx";

const DAYS: readonly (readonly [number, string])[] = [
  [86_400, "1 day"],
  [259_200, "3 days"],
  [604_800, "1 week"],
];

interface InviteDialogProps {
  readonly onMade: () => void;
  readonly onClose: () => void;
}

/** Makes an invitation; its link is shown here, and nowhere else. */
export function InviteDialog({ onMade, onClose }: InviteDialogProps) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [ttlSeconds, setTtl] = useState(259_200);
  const [isTried, setTried] = useState(false);
  const [made, setMade] = useState<InvitationLink | null>(null);
  const { isBusy, error, run } = useAttempt();
  const isWrong = !/^\S+@\S+\.\S+$/.test(email.trim());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isWrong) return;
    const request = { email: email.trim(), role, ttlSeconds };
    if (await run(async () => setMade(await client.invitations.create(request)))) onMade();
  };
  if (made)
    return (
      <Dialog title={`Invitation for ${made.email}`} onClose={onClose}>
        <ShownOnce
          label="The link"
          hint="Copy it now and send it: it is shown only this once, and works once. Whoever has it gets in."
          text={made.url}
          what="link"
        >
          <Button look="quiet" onClick={onClose}>
            Done
          </Button>
        </ShownOnce>
      </Dialog>
    );
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        <Field label="E-mail" problem={isTried && isWrong ? "They sign in by it." : undefined}>
          {(control) => (
            <input
              {...control}
              data-first-focus
              type="email"
              autoComplete="off"
              value={email}
              onChange={({ target }) => setEmail(target.value)}
            />
          )}
        </Field>
        <RoleChoice roles={Role.options} value={role} onChange={setRole} />
        <Field label="The link is good for">
          {(control) => (
            <select {...control} value={ttlSeconds} onChange={({ target }) => setTtl(Number(target.value))}>
              {DAYS.map(([seconds, words]) => (
                <option key={seconds} value={seconds}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon={<UserPlus size={16} />} disabled={isBusy}>
            {isBusy ? "Making it…" : "Make the invitation"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
