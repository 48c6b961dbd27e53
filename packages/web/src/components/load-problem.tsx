"use client";
import type { BrowserVmError } from "@browservm/contract";
import { useState } from "react";
import { Button } from "./button.tsx";
import css from "./page.module.css";
import { ErrorCard } from "./problem-card.tsx";

interface LoadProblemProps {
  readonly error: BrowserVmError | null;
  /** Something older is shown below. */
  readonly isStale: boolean;
  readonly onRetry: () => void;
}

/** Why a page could not be loaded or brought up to date. Who is a stranger is led to the sign-in page instead. */
export function LoadProblem({ error, isStale, onRetry }: LoadProblemProps) {
  // each look that fails says so anew, also in the same words
  const [tried, setTried] = useState<BrowserVmError | null>(null);
  if (error === null || error.code === "UNAUTHENTICATED") return null;
  const isTrying = tried === error;
  const retry = () => {
    setTried(error);
    onRetry();
  };
  return (
    <div>
      <ErrorCard
        error={error}
        actions={
          <Button aria-busy={isTrying} onClick={isTrying ? undefined : retry}>
            {isTrying ? "Trying…" : "Try again"}
          </Button>
        }
      />
      {isStale ? <p className={css.stale}>Below is what was last known.</p> : null}
    </div>
  );
}
