import { LockKeyhole } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { AppBar } from "./app-bar.tsx";
import buttons from "./button.module.css";
import css from "./page.module.css";

interface LockedPageProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** A page of administrators, for somebody who is none: what it would show, and how to become one. */
export function LockedPage({ title, children }: LockedPageProps) {
  return (
    <>
      <AppBar />
      <main id="main" className={css.locked}>
        <LockKeyhole size={32} aria-hidden="true" />
        <h1>{title}</h1>
        {children}
        <p>
          On the machine itself, <code>browservm open</code> makes a link for administrators.
        </p>
        <Link href="/" className={`${buttons.button} ${buttons.plain}`}>
          All sessions
        </Link>
      </main>
    </>
  );
}
