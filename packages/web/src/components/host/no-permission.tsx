import { LockedPage } from "../locked-page.tsx";

/** What people see who may use sessions, but not look at the whole machine. */
export function NoPermission() {
  return (
    <LockedPage title="Only administrators see the whole host">
      <p>
        It shows the machines of all people. What concerns your own session is on its page, under Network,
        with the doctor behind “Why?”.
      </p>
    </LockedPage>
  );
}
