"use client";
import type { Connection } from "@browservm/contract";
import { LogIn } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";

interface SignInAgainProps {
  readonly connection: Connection;
  readonly look: "primary" | "plain";
}

/** One click to sign in anew, into the connection that is there. */
export function SignInAgain({ connection: { id, provider }, look }: SignInAgainProps) {
  const router = useRouter();
  const { isBusy, error, run } = useAttempt();
  const [isHidden, setHidden] = useState(false);
  const start = () => {
    setHidden(false);
    return run(async () => {
      const signin = await client.signins.create({ connection: id });
      router.push(`/signins/${signin.id}`);
    });
  };
  return (
    <>
      <Button
        look={look}
        icon={<LogIn size={16} />}
        disabled={isBusy}
        title="Opens a guided sign-in whose result replaces this connection’s secret"
        onClick={() => void start()}
      >
        {isBusy ? "Starting…" : "Sign in again"}
      </Button>
      {error === null || isHidden ? null : (
        <Dialog title={`No sign-in at ${provider}`} onClose={() => setHidden(true)}>
          <ErrorCard error={error} />
        </Dialog>
      )}
    </>
  );
}
