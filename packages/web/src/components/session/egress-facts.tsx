import type { EgressPolicy, EgressQuery, EgressReport, ProxyReport } from "@browservm/contract";
import { ProblemCard } from "../problem-card.tsx";
import css from "./egress-panel.module.css";

const MOST_QUERIES = 20;

/** A policy in force, and what came of it. */
export function EgressFacts({ report }: { readonly report: EgressReport }) {
  const { policy, default: other, refused, queries, proxy } = report;
  if (policy === null)
    return <p className={css.quiet}>No policy: it goes where this machine’s network lets guests go.</p>;
  return (
    <>
      {policy.proxy && proxy ? <ProxyFacts asked={policy.proxy} proxy={proxy} /> : null}
      <ul className={css.entries} aria-label="Policy">
        {policy.deny.map((entry) => (
          <Entry key={`deny ${entry}`} verdict="denied" words={entry} />
        ))}
        {policy.allow.map((entry) => (
          <Entry key={`allow ${entry}`} verdict="allowed" words={entry} />
        ))}
        <Entry verdict={other === "deny" ? "denied" : "allowed"} words="all else" />
      </ul>
      <p className={css.quiet}>{refused.packets} packets refused</p>
      <Queries queries={queries.slice(0, MOST_QUERIES)} />
    </>
  );
}

const Entry = ({ verdict, words }: { readonly verdict: string; readonly words: string }) => (
  <li>
    <span data-verdict={verdict}>{verdict}</span> <code>{words}</code>
  </li>
);

interface ProxyFactsProps {
  readonly asked: NonNullable<EgressPolicy["proxy"]>;
  readonly proxy: ProxyReport;
}

function ProxyFacts({ asked, proxy: { status, exit, evidence, problem, connections } }: ProxyFactsProps) {
  return (
    <section aria-label="Proxy" className={css.panel}>
      <dl className={css.proxy}>
        <dt>Proxy</dt>
        <dd>
          <code>{asked.url}</code>
          {asked.credentials ? ", with credentials" : ""}
        </dd>
        <dt>Status</dt>
        <dd>
          {status}, {connections} connections
        </dd>
        <dt>Comes out at</dt>
        <dd>{exit ?? "not asked"}</dd>
      </dl>
      {problem === null ? null : <ProblemCard reason={problem} />}
      {evidence.length === 0 ? null : (
        <details>
          <summary>What was seen</summary>
          <ul>
            {evidence.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Queries({ queries }: { readonly queries: readonly EgressQuery[] }) {
  if (queries.length === 0) return <p className={css.quiet}>No name was asked for yet.</p>;
  return (
    <table className={css.queries}>
      <caption>Last names that were asked for</caption>
      <thead>
        <tr>
          <th scope="col">At</th>
          <th scope="col">Name</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {queries.map(({ at, name, type, verdict, rule }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same question may come twice in a millisecond
          <tr key={`${at} ${name} ${type} ${index}`}>
            <td>{at.slice(11, 19)}</td>
            <td>
              {name} <small>{type}</small>
            </td>
            <td>
              <span data-verdict={verdict}>{verdict}</span> {rule ? <small>{rule}</small> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
