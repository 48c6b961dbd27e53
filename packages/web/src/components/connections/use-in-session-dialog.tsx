"use client";
import type { Connection, Session } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { formatPage } from "../../lib/format.ts";
import { sessionListSource } from "../../lib/live-sources.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useLive } from "../../lib/use-live.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./connection-page.module.css";

interface UseInSessionDialogProps {
  readonly connection: Connection;
  readonly onClose: () => void;
  readonly onUsed: () => void;
}

type Put = Awaited<ReturnType<typeof client.connections.bring>>;

/** What putting means, by the kind of the connection; tokens are not put anywhere. */
const MEANS: Readonly<Record<Connection["kind"], string>> = {
  files:
    "The files are written into the home of the browser’s user in that VM. They stay there until the session ends, also in its pauses and forks.",
  cookies:
    "The browser in that VM gets the cookies and the storage, for pages that are opened from then on. They stay there until the session ends, also in its pauses and forks.",
  oauth: "",
};

/** Asks in which running session a tool's files, or a browser's state, are to be. */
export function UseInSessionDialog({ connection, onClose, onUsed }: UseInSessionDialogProps) {
  const { data, error: listError } = useLive(sessionListSource);
  const [chosen, setChosen] = useState<string | null>(null);
  const [done, setDone] = useState<Put | null>(null);
  const { isBusy, error, run } = useAttempt();
  const ready = data?.data.filter(({ status }) => status === "ready") ?? [];
  const sessionId = chosen ?? ready[0]?.id;
  const problem = error ?? listError;
  const put = async () => {
    if (sessionId === undefined) return;
    await run(async () => setDone(await client.connections.bring(connection.id, sessionId)));
    onUsed();
  };
  return (
    <Dialog title="Put into a session" onClose={onClose}>
      <p>{MEANS[connection.kind]}</p>
      {done === null ? (
        <Sessions sessions={data === null ? null : ready} value={sessionId} onChange={setChosen} />
      ) : (
        <Written {...done} />
      )}
      {problem === null ? null : <ErrorCard error={problem} />}
      <DialogActions>
        <Button onClick={onClose}>{done === null ? "Cancel" : "Done"}</Button>
        {done === null ? (
          <Button look="primary" disabled={isBusy || sessionId === undefined} onClick={() => void put()}>
            {isBusy ? "Writing…" : "Put it there"}
          </Button>
        ) : null}
      </DialogActions>
    </Dialog>
  );
}

interface SessionsProps {
  readonly sessions: readonly Session[] | null;
  readonly value: string | undefined;
  readonly onChange: (id: string) => void;
}

function Sessions({ sessions, value, onChange }: SessionsProps) {
  if (sessions === null) return <p role="status">Looking for sessions…</p>;
  if (sessions.length === 0) return <p role="status">No session is ready now. Start one first.</p>;
  return (
    <Field label="Session">
      {(control) => (
        <select {...control} data-first-focus value={value} onChange={({ target }) => onChange(target.value)}>
          {sessions.map(({ id, url, image }) => (
            <option key={id} value={id}>
              {formatPage(url)} ({image}, {id})
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Written({ paths, browser }: Put) {
  return (
    <div className={css.done} role="status">
      <p>It is there:</p>
      <ul>
        {paths.map((path) => (
          <li key={path}>
            <code>{path}</code>
          </li>
        ))}
        {browser === null ? null : <li>{stateWords(browser)}</li>}
      </ul>
    </div>
  );
}

function stateWords({ cookies, origins, refusedCookies }: NonNullable<Put["browser"]>): string {
  const refused = refusedCookies === 0 ? "" : `; the browser refused ${refusedCookies}`;
  return `${countOf(cookies, "cookie")}, storage of ${countOf(origins, "site")}${refused}`;
}

const countOf = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
