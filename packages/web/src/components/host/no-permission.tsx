import { LockKeyhole } from "lucide-react";
import Link from "next/link";
import { AppBar } from "../app-bar.tsx";
import buttons from "../button.module.css";
import css from "./host-page.module.css";

/** What people see who may use sessions, but not look at the whole machine. */
export function NoPermission() {
  return (
    <>
      <AppBar />
      <main id="main" className={css.locked}>
        <LockKeyhole size={32} aria-hidden="true" />
        <h1>Only administrators see the whole host</h1>
        <p>
          It shows the machines of all people. What concerns your own session is on its page, under Network,
          with the doctor behind “Why?”.
        </p>
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
