import { KeyRound, LogIn, Plus } from "lucide-react";
import { Button } from "../button.tsx";
import { NothingYet } from "../nothing-yet.tsx";
import page from "../page.module.css";

/** What a connection is, and how to get the first one. */
export function NoConnections({ onAsk }: { onAsk: ((asked: "add" | "signin") => void) | null }) {
  return (
    <NothingYet icon={KeyRound} title="No account is connected yet">
      <p>
        A connection is the stored sign-in of one account: OAuth tokens, the credential files of a
        command-line tool, or the state of a browser. It is kept encrypted, refreshed in time, and handed to
        sessions and programs that need it. This page never shows a secret.
      </p>
      {onAsk === null ? null : (
        <>
          <div className={page.actions}>
            <Button look="primary" icon={<LogIn size={17} />} onClick={() => onAsk("signin")}>
              Sign in somewhere
            </Button>
            <Button icon={<Plus size={17} />} onClick={() => onAsk("add")}>
              Add one by hand
            </Button>
          </div>
          <p>
            or in a terminal: <code>browservm connection add</code>
          </p>
        </>
      )}
    </NothingYet>
  );
}
