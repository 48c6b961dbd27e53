"use client";
import { toBrowserVmError } from "@browservm/contract";
import { Button } from "../components/button.tsx";
import { ErrorCard } from "../components/problem-card.tsx";

/** What is left when the page itself has a bug: its name, and another try. */
export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  const again = (
    <Button look="primary" onClick={reset}>
      Try again
    </Button>
  );
  return (
    <main id="main">
      <ErrorCard error={toBrowserVmError(error)} headingLevel={1} actions={again} />
    </main>
  );
}
