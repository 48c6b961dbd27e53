"use client";
import type { Connection } from "@browservm/contract";
import { LogIn, Plus } from "lucide-react";
import { useState } from "react";
import { connectionListSource } from "../../lib/connection-sources.ts";
import { type ConnectionChoice, findConnections, KIND_WORDS } from "../../lib/connection-view.ts";
import { may } from "../../lib/may.ts";
import { useLive } from "../../lib/use-live.ts";
import { useMe } from "../../lib/use-me.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { ListSkeleton } from "../list-skeleton.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { type Filter, NarrowedList } from "../narrowed-list.tsx";
import css from "../page.module.css";
import { StartSigninDialog } from "../signins/start-signin-dialog.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { AddConnectionDialog } from "./add-connection-dialog.tsx";
import { ConnectionList } from "./connection-list.tsx";
import { NoConnections } from "./no-connections.tsx";
import { VaultPanel } from "./vault-panel.tsx";

const FILTER: Filter<ConnectionChoice> = {
  label: "Find a connection by provider, account, scope or id",
  placeholder: "Provider, account, scope",
  choiceLabel: "Which connections",
  choices: [
    { value: "all", words: "All connections" },
    { value: "care", words: "With a problem" },
    { value: "oauth", words: KIND_WORDS.oauth },
    { value: "files", words: KIND_WORDS.files },
    { value: "cookies", words: KIND_WORDS.cookies },
  ],
};

/** What a reader asked for, and has to say more about. */
type Asked = "add" | "signin";

/** All connections, how they are, and the vault that keeps them. */
export function ConnectionsPage() {
  const { data, error, refresh } = useLive(connectionListSource, { restsWhenHidden: true });
  const [asked, setAsked] = useState<Asked | null>(null);
  const me = useMe();
  const canAdd = may(me, "connections:write");
  useSignIn(error);
  return (
    <>
      <AppBar />
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>Connections</h1>
          {canAdd ? <Actions onAsk={setAsked} /> : null}
        </div>
        {may(me, "vault:read") ? <VaultPanel canRotate={may(me, "vault:write")} /> : null}
        <LoadProblem error={error} isStale={data !== null} onRetry={refresh} />
        {data === null && error === null ? (
          <ListSkeleton words="Loading connections…" rows={4} of="connections" />
        ) : null}
        {data === null ? null : <Found connections={data} onAsk={canAdd ? setAsked : null} />}
      </main>
      {asked === "add" ? <AddConnectionDialog onClose={() => setAsked(null)} onAdded={refresh} /> : null}
      {asked === "signin" ? <StartSigninDialog onClose={() => setAsked(null)} /> : null}
    </>
  );
}

function Actions({ onAsk }: { onAsk: (asked: Asked) => void }) {
  return (
    <div className={css.actions}>
      <Button icon={<Plus size={17} />} onClick={() => onAsk("add")}>
        Add by hand
      </Button>
      <Button look="primary" icon={<LogIn size={17} />} onClick={() => onAsk("signin")}>
        New sign-in
      </Button>
    </div>
  );
}

interface FoundProps {
  readonly connections: readonly Connection[];
  /** Null: the reader may add none. */
  readonly onAsk: ((asked: Asked) => void) | null;
}

/** The list, narrowed down by what is looked for. */
function Found({ connections, onAsk }: FoundProps) {
  if (connections.length === 0) return <NoConnections onAsk={onAsk} />;
  return (
    <NarrowedList
      items={connections}
      find={findConnections}
      filter={FILTER}
      none="No connection fits what you look for."
      foot={(shown) => (
        <p className="visually-hidden" role="status">
          {shown.length} of {connections.length} connections
        </p>
      )}
    >
      {(shown) => <ConnectionList connections={shown} />}
    </NarrowedList>
  );
}
