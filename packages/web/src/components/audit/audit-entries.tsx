"use client";
import type { AuditEntry } from "@browservm/contract";
import { ScrollText } from "lucide-react";
import { type AuditChoice, findEntries } from "../../lib/audit-view.ts";
import type { AuditPages } from "../../lib/use-audit-pages.ts";
import { Button } from "../button.tsx";
import { type Filter, NarrowedList } from "../narrowed-list.tsx";
import { NothingYet } from "../nothing-yet.tsx";
import css from "./audit.module.css";
import { AuditTable } from "./audit-table.tsx";

const FILTER: Filter<AuditChoice> = {
  label: "Find entries by person, action, id or detail",
  placeholder: "Person, action, id",
  choiceLabel: "Which entries",
  choices: [
    { value: "all", words: "Everything" },
    { value: "connection", words: "Connections" },
    { value: "signin", words: "Sign-ins" },
    { value: "vault", words: "The vault’s key" },
    { value: "people", words: "People and keys" },
    { value: "other", words: "Other" },
  ],
};

interface AuditEntriesProps {
  readonly entries: readonly AuditEntry[];
  readonly pages: AuditPages;
}

/** The entries that are loaded, narrowed down by what is looked for, and the way to older ones. */
export function AuditEntries({ entries, pages }: AuditEntriesProps) {
  if (entries.length === 0)
    return (
      <NothingYet icon={ScrollText} title="Nothing was written down yet">
        <p>
          Each use of a secret is written here before it is handed out, and so is what is done with keys and
          people: who, what, when, in which request. The log only grows, and each entry covers the one before.
        </p>
        <p>Nothing has to be done for it: the first use of a connection, or a new key, begins it.</p>
      </NothingYet>
    );
  return (
    <NarrowedList
      items={entries}
      find={findEntries}
      filter={FILTER}
      none={`None of the ${entries.length} entries that are loaded fits.`}
      foot={(shown) => <Foot shown={shown.length} all={entries.length} pages={pages} />}
    >
      {(shown) => <AuditTable entries={shown} />}
    </NarrowedList>
  );
}

interface FootProps {
  readonly shown: number;
  readonly all: number;
  readonly pages: AuditPages;
}

function Foot({ shown, all, pages }: FootProps) {
  return (
    <div className={css.foot}>
      <p role="status">
        {shown === all ? all : `${shown} of ${all}`} loaded
        {pages.hasOlder ? "" : ": that is all there is"}
      </p>
      {pages.hasOlder ? (
        <Button disabled={pages.isBusy} onClick={pages.loadOlder}>
          {pages.isBusy ? "Loading…" : "Load older ones"}
        </Button>
      ) : null}
    </div>
  );
}
