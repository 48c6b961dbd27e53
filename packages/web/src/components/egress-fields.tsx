"use client";
import { type EgressDraft, type EgressProblems, LOST_WORDS } from "../lib/egress-draft.ts";
import css from "./form.module.css";
import { Field } from "./sessions/field.tsx";

interface EgressFieldsProps {
  readonly draft: EgressDraft;
  readonly problems: EgressProblems;
  /** The proxy that is in force has credentials, which stay when none are typed. */
  readonly hasCredentials?: boolean;
  readonly onChange: (part: Partial<EgressDraft>) => void;
}

const DEFAULTS = [
  ["", "Denied when something is allowed, else allowed"],
  ["allow", "Allowed"],
  ["deny", "Denied"],
] as const;

/** Where a session may go: lists, what else, and the proxy that all goes through. */
export function EgressFields({ draft, problems, hasCredentials = false, onChange }: EgressFieldsProps) {
  return (
    <div className={css.form}>
      <Field
        label="Allowed"
        hint="One a line: example.com, *.example.net:443, 203.0.113.0/24, :443."
        problem={problems.allow}
      >
        {(control) => (
          <textarea
            {...control}
            rows={3}
            spellCheck={false}
            value={draft.allow}
            onChange={(event) => onChange({ allow: event.target.value })}
          />
        )}
      </Field>
      <Field label="Denied" hint="Wins over what is allowed." problem={problems.deny}>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            spellCheck={false}
            value={draft.deny}
            onChange={(event) => onChange({ deny: event.target.value })}
          />
        )}
      </Field>
      <label className={css.check}>
        <input
          type="checkbox"
          checked={draft.denyPublicDns}
          onChange={({ target }) => onChange({ denyPublicDns: target.checked })}
        />
        Deny public resolvers (DNS over HTTPS)
      </label>
      <Field label="All else is" problem={problems.default}>
        {(control) => (
          <select
            {...control}
            value={draft.default}
            onChange={({ target }) =>
              onChange({ default: DEFAULTS.find(([value]) => value === target.value)?.[0] ?? "" })
            }
          >
            {DEFAULTS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      <ProxyFields {...{ draft, problems, hasCredentials, onChange }} />
    </div>
  );
}

const PROXY_FIELDS = [
  ["proxyUrl", "Proxy", "http://, https:// or socks5://host:port. All goes through it, or nowhere."],
  ["proxyExit", "It must come out at", "An address or network; empty: anywhere but this machine's own."],
] as const;

function ProxyFields({ draft, problems, hasCredentials, onChange }: Required<EgressFieldsProps>) {
  const isLost = draft.lostCredentialsOf !== "" && draft.lostCredentialsOf === draft.proxyUrl;
  const empty = hasCredentials ? "Empty: what it has stays." : "Empty: none.";
  const kept = isLost ? LOST_WORDS : empty;
  return (
    <>
      {PROXY_FIELDS.map(([field, label, hint]) => (
        <Field key={field} label={label} hint={hint} problem={problems[field]}>
          {(control) => (
            <input
              {...control}
              autoComplete="off"
              spellCheck={false}
              value={draft[field]}
              onChange={(event) => onChange({ [field]: event.target.value })}
            />
          )}
        </Field>
      ))}
      <div className={css.pair}>
        <Field label="User name at the proxy" hint={kept} problem={problems.proxyUser}>
          {(control) => (
            <input
              {...control}
              autoComplete="off"
              spellCheck={false}
              value={draft.proxyUser}
              onChange={(event) => onChange({ proxyUser: event.target.value })}
            />
          )}
        </Field>
        <Field label="Password at the proxy" problem={problems.proxyPassword}>
          {(control) => (
            <input
              {...control}
              type="password"
              autoComplete="new-password"
              value={draft.proxyPassword}
              onChange={(event) => onChange({ proxyPassword: event.target.value })}
            />
          )}
        </Field>
      </div>
    </>
  );
}
