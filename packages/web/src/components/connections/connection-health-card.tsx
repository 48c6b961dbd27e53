"use client";
import type { Connection } from "@browservm/contract";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { HEALTH_WORDS } from "../../lib/connection-view.ts";
import { formatSpan } from "../../lib/format.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { SignInAgain } from "../signins/sign-in-again.tsx";
import { TonePill } from "../tone-pill.tsx";
import css from "./connection-page.module.css";

interface ConnectionHealthCardProps {
  readonly connection: Connection;
  readonly canRenew: boolean;
  readonly onChanged: () => void;
}

/** How a connection is and why, with what helps. */
export function ConnectionHealthCard({ connection, canRenew, onChanged }: ConnectionHealthCardProps) {
  const { id, kind, health, healthReason, healthAt } = connection;
  const { words, tone, help } = HEALTH_WORDS[health];
  const now = useNow(5000);
  const { isBusy, error, run } = useAttempt();
  const [isRefreshed, setRefreshed] = useState(false);
  const refreshNow = async () => {
    setRefreshed(false);
    setRefreshed(await run(() => client.connections.refresh(id)));
    onChanged();
  };
  return (
    <>
      <section className={css.health} data-tone={tone} aria-label="Health">
        <TonePill tone={tone} words={words} />
        <div className={css.healthWords}>
          <p role="status">
            {isRefreshed ? "The provider gave fresh tokens just now." : help}
            <small>
              {healthReason === null ? "" : `${healthReason}; `}
              {now === null ? "" : `so for ${formatSpan(now - Date.parse(healthAt))}`}
            </small>
          </p>
        </div>
        {kind === "oauth" && canRenew ? (
          <Button
            icon={<RefreshCw size={15} />}
            disabled={isBusy}
            title="Asks the provider for fresh tokens, whatever the health is"
            onClick={() => void refreshNow()}
          >
            {isBusy ? "Asking the provider…" : "Refresh now"}
          </Button>
        ) : null}
        {canRenew ? (
          <SignInAgain connection={connection} look={health === "ok" ? "plain" : "primary"} />
        ) : null}
      </section>
      {error === null ? null : <ErrorCard error={error} />}
    </>
  );
}
