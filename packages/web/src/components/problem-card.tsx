"use client";
import { type BrowserVmError, ERRORS, isErrorCode, type Reason } from "@browservm/contract";
import { CircleAlert, Wrench } from "lucide-react";
import type { ReactNode } from "react";
import { CopyButton } from "./copy-button.tsx";
import css from "./problem-card.module.css";

interface ProblemCardProps {
  readonly reason: Reason;
  readonly details?: unknown;
  readonly actions?: ReactNode;
  readonly headingLevel?: 1 | 2;
}

/** A failure in the words of the error table: what it is, what happened this time, what to do. */
export function ProblemCard({ reason, details, actions, headingLevel = 2 }: ProblemCardProps) {
  const title = isErrorCode(reason.code) ? ERRORS[reason.code].title : reason.code;
  const Heading = headingLevel === 1 ? "h1" : "h2";
  const isEmpty = typeof details !== "object" || details === null || Object.keys(details).length === 0;
  const text = [`${reason.code}: ${title}`, reason.message, `fix: ${reason.fix}`];
  if (!isEmpty) text.push(JSON.stringify(details, null, 2));
  return (
    <section className={css.card} role="alert">
      <CircleAlert className={css.icon} size={20} aria-hidden="true" />
      <div className={css.body}>
        <Heading className={css.title}>{title.charAt(0).toUpperCase() + title.slice(1)}</Heading>
        <p className={css.message}>{reason.message}</p>
        <p className={css.fix}>
          <Wrench size={15} aria-hidden="true" />
          <span>
            <strong>What helps:</strong> <WithCode text={reason.fix} />
          </span>
        </p>
        {isEmpty ? null : (
          <details className={css.details}>
            <summary>Details</summary>
            <pre>{JSON.stringify(details, null, 2)}</pre>
          </details>
        )}
        <div className={css.actions}>
          {actions}
          <CopyButton text={text.join("\n")} what="report" />
          <code className={css.code}>{reason.code}</code>
        </div>
      </div>
    </section>
  );
}

/** The same for an error that a call threw. */
export function ErrorCard({
  error,
  ...rest
}: { error: BrowserVmError } & Omit<ProblemCardProps, "reason" | "details">) {
  const reason = { code: error.code, message: error.message, fix: error.fix };
  return <ProblemCard reason={reason} details={error.details} {...rest} />;
}

/** Text in which `…` marks what one types. */
export function WithCode({ text }: { text: string }) {
  return text.split("`").map((piece, index) => {
    const key = `${index}:${piece}`;
    return index % 2 === 1 ? <code key={key}>{piece}</code> : piece;
  });
}
