import type { Connection } from "@browservm/contract";
import { type Way, waysToUse } from "../../lib/connection-ways.ts";
import { CopyButton } from "../copy-button.tsx";
import css from "./connection-page.module.css";

interface ConnectionUseProps {
  readonly connection: Connection;
  /** Where the API is; undefined while that is not known. */
  readonly origin: string | undefined;
}

/** How a program gets at what is stored: as lines to copy, for no secret is ever shown here. */
export function ConnectionUse({ connection, origin }: ConnectionUseProps) {
  return (
    <section className={css.panel} aria-labelledby="use-title">
      <h2 id="use-title">Use it</h2>
      {waysToUse(connection, origin ?? "http://127.0.0.1:4000").map((way) => (
        <WayLine key={way.line} way={way} />
      ))}
      <p className={css.note}>
        Every use is written into the audit log. Secrets are handed to programs, and never shown in this page.
      </p>
    </section>
  );
}

function WayLine({ way: { what, line } }: { way: Way }) {
  return (
    <div className={css.way}>
      <p>{what}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a line that scrolls must be reached by keyboard */}
      <code tabIndex={0}>{line}</code>
      <CopyButton text={line} what={`the command: ${what.toLowerCase()}`} isSmall />
    </div>
  );
}
