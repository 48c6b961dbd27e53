"use client";
import type { Me } from "@browservm/contract";
import { KeyRound, LogOut, UserPlus } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { ROLE_WORDS } from "../../lib/people-view.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { OwnAccountDialog } from "./own-account-dialog.tsx";
import { PasswordDialog } from "./password-dialog.tsx";
import css from "./people.module.css";

interface AccountPanelProps {
  readonly me: Me;
  readonly onChanged: () => void;
}

type Wish = "password" | "sign-out" | "account";

/** Who one is here, and what one does with that. */
export function AccountPanel({ me, onChanged }: AccountPanelProps) {
  const [wish, setWish] = useState<Wish | null>(null);
  const close = () => setWish(null);
  return (
    <section className={css.panel} aria-labelledby="account-title">
      <header className={css.header}>
        <h2 id="account-title">Your account</h2>
      </header>
      {me.person === null ? (
        <NoAccount me={me} onMake={() => setWish("account")} />
      ) : (
        <div className={css.item}>
          <div className={css.who}>
            <strong>{me.person.name}</strong>
            <RoleTag role={me.role} />
            <p>{me.person.email}</p>
          </div>
          <div className={css.acts}>
            {me.person.hasPassword ? (
              <Button icon={<KeyRound size={15} />} onClick={() => setWish("password")}>
                Change password
              </Button>
            ) : null}
            <Button icon={<LogOut size={15} />} onClick={() => setWish("sign-out")}>
              Sign out everywhere
            </Button>
          </div>
        </div>
      )}
      {wish === "password" ? <PasswordDialog email={me.person?.email ?? ""} onClose={close} /> : null}
      {wish === "account" ? <OwnAccountDialog onDone={onChanged} onClose={close} /> : null}
      {wish === "sign-out" ? <SignOutDialog onClose={close} /> : null}
    </section>
  );
}

export function RoleTag({ role }: { role: Me["role"] }) {
  if (role === null || role === "link") return null;
  return (
    <span className={css.tag} data-role={role}>
      {ROLE_WORDS[role].name}
    </span>
  );
}

/** Who came by a link of root's has no account, and may make one. */
function NoAccount({ me, onMake }: { me: Me; onMake: () => void }) {
  if (me.role !== "admin") return <p className={css.lead}>You came by a link to one session.</p>;
  return (
    <div className={css.item}>
      <p className={css.lead}>
        You came by a link that was made on the machine. With an account you sign in without one, and the
        audit log knows you by name.
      </p>
      <Button look="primary" icon={<UserPlus size={15} />} onClick={onMake}>
        Make my account
      </Button>
    </div>
  );
}

function SignOutDialog({ onClose }: { onClose: () => void }) {
  return (
    <ConfirmDialog
      title="Sign out everywhere?"
      confirm="Sign out"
      busy="Signing out…"
      refuse="Stay"
      onConfirm={async () => {
        await client.signOutEverywhere();
        location.assign("/login");
      }}
      onClose={onClose}
    >
      <p>All your sign-ins end, here and in other browsers, with the views that they opened.</p>
    </ConfirmDialog>
  );
}
