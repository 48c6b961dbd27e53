"use client";
import { type InvitationLink, Role } from "@browservm/contract";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog } from "../dialog.tsx";
import { DialogForm } from "../dialog-form.tsx";
import { Field } from "../sessions/field.tsx";
import { TimeField } from "../sessions/time-field.tsx";
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
  const attempt = useAttempt();
  const isWrong = !/^\S+@\S+\.\S+$/.test(email.trim());
  const submit = async () => {
    setTried(true);
    if (isWrong) return;
    const request = { email: email.trim(), role, ttlSeconds };
    if (await attempt.run(async () => setMade(await client.invitations.create(request)))) onMade();
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
      <DialogForm
        confirm="Make the invitation"
        busy="Making it…"
        icon={<UserPlus size={16} />}
        attempt={attempt}
        onSubmit={submit}
        onClose={onClose}
      >
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
        <TimeField label="The link is good for" times={DAYS} value={ttlSeconds} onChange={setTtl} />
      </DialogForm>
    </Dialog>
  );
}
