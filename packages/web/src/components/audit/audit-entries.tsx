"use client";
import type { AuditEntry } from "@browservm/contract";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { type AuditChoice, findEntries } from "../../lib/audit-view.ts";
import type { AuditPages } from "../../lib/use-audit-pages.ts";
import { Button } from "../button.tsx";
import { type Choice, FilterBar } from "../filter-bar.tsx";
import { NothingYet } from "../nothing-yet.tsx";
import page from "../page.module.css";
import css from "./audit.module.css";
import { AuditTable } from "./audit-table.tsx";

const CHOICES: readonly Choice<AuditChoice>[] = [
  { value: "all", words: "Everything" },
  { value: "connection", words: "Connections" },
  { value: "signin", words: "Sign-ins" },
  { value: "vault", words: "The vault’s key" },
  { value: "people", words: "People and keys" },
  { value: "other", words: "Other" },
];

/** The entries that are loaded, narrowed down by what is looked for, and the way to older ones. */
export function AuditEntries({ entries, pages }: { entries: readonly AuditEntry[]; pages: AuditPages }) {
  const [text, setText] = useState("");
  const [choice, setChoice] = useState<AuditChoice>("all");
  if (entries.length === 0)
    return (
      <NothingYet icon={ScrollText} title="Nothing was written down yet">
        <p>
          Each use of a secret is written here before it is handed out, and so is what is done with keys and
          people: who, what, when, in which request. The log only grows, and each entry covers the one before.
        </p>
      </NothingYet>
    );
  const shown = findEntries(entries, { text, choice });
  return (
    <>
      <FilterBar
        label="Find entries by person, action, id or detail"
        placeholder="Person, action, id"
        text={text}
        onText={setText}
        choiceLabel="Which entries"
        choices={CHOICES}
        choice={choice}
        onChoice={setChoice}
      />
      {shown.length === 0 ? (
        <p className={page.none}>None of the {entries.length} entries that are loaded fits.</p>
      ) : (
        <AuditTable entries={shown} />
      )}
      <div className={css.foot}>
        <p role="status">
          {shown.length === entries.length ? entries.length : `${shown.length} of ${entries.length}`} loaded
          {pages.hasOlder ? "" : ": that is all there is"}
        </p>
        {pages.hasOlder ? (
          <Button disabled={pages.isBusy} onClick={pages.loadOlder}>
            {pages.isBusy ? "Loading…" : "Load older ones"}
          </Button>
        ) : null}
      </div>
    </>
  );
}
