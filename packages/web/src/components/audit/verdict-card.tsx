"use client";
import type { AuditVerdict } from "@browservm/contract";
import { ShieldCheck, ShieldX } from "lucide-react";
import { useCallback, useState } from "react";
import { client } from "../../lib/client.ts";
import { CopyButton } from "../copy-button.tsx";
import css from "./audit.module.css";

/** The last verdict on the log, and how to get one. */
export function useVerdict() {
  const [verdict, setVerdict] = useState<AuditVerdict | null>(null);
  const verify = useCallback(async () => {
    setVerdict(null);
    setVerdict(await client.audit.verify());
  }, []);
  return { verdict, verify };
}

/** Whether every entry is as it was written, with the hash to note. */
export function VerdictCard({ verdict: { ok, entries, brokenAt, headHash } }: { verdict: AuditVerdict }) {
  return (
    <section className={css.verdict} data-ok={ok} role={ok ? "status" : "alert"}>
      {ok ? <ShieldCheck size={20} aria-hidden="true" /> : <ShieldX size={20} aria-hidden="true" />}
      <div>
        <h2>{ok ? wellWords(entries) : `Entry ${brokenAt ?? "?"} is not as it was written`}</h2>
        <p>
          {ok
            ? "Note this hash somewhere else: later it proves that nothing before it was changed."
            : "It was changed, moved or taken out, or the one before it was. Compare with an export or a hash from before, and look at who can write the database."}
        </p>
        <p className={css.hash}>
          <code>{headHash}</code>
          <CopyButton text={headHash} what="the hash" isSmall />
        </p>
      </div>
    </section>
  );
}

const wellWords = (entries: number) =>
  entries === 1 ? "The one entry is as it was written" : `All ${entries} entries are as they were written`;
