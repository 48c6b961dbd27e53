import type { SessionLook } from "../../lib/live-sources.ts";
import type { SessionCare } from "../../lib/session-care.ts";
import { AboutPanel } from "./about-panel.tsx";
import { EgressPanel } from "./egress-panel.tsx";
import { FilesPanel } from "./files-panel.tsx";
import { LogPanel } from "./log-panel.tsx";
import { NetworkPanel } from "./network-panel.tsx";
import css from "./session-page.module.css";
import type { Tab } from "./side-panel.tsx";
import { GateTimeline, Stories } from "./timeline.tsx";
import type { Files } from "./use-files.ts";

interface TabsInput {
  readonly look: SessionLook;
  /** Only of a session that is ready. */
  readonly care?: SessionCare | undefined;
  /** Came by a view link: may look, but neither read logs nor change the session. */
  readonly isViewer: boolean;
  readonly files: Files;
  readonly onChanged: () => void;
}

const WITH_VM: ReadonlySet<string> = new Set(["ready", "paused"]);

/** The side panel's tabs that every session has. */
export function sessionTabs({
  look: { session, gate, claimMs },
  care,
  isViewer,
  files,
  onChanged,
}: TabsInput): readonly Tab[] {
  const exchange = { id: "files", title: "Files", content: () => <FilesPanel files={files} /> };
  const logs = { id: "logs", title: "Logs", content: () => <LogPanel id={session.id} /> };
  const egress = {
    id: "egress",
    title: "Egress",
    content: () => <EgressPanel key={session.id} id={session.id} />,
  };
  return [
    { id: "network", title: "Network", content: () => <NetworkPanel gate={gate} care={care} /> },
    {
      id: "steps",
      title: "Steps",
      content: () => (
        <div className={css.steps}>
          <Stories vm={session.vm} />
          <h2>Proof</h2>
          <GateTimeline gate={gate} />
        </div>
      ),
    },
    ...(isViewer ? [] : [logs]),
    ...(isViewer || !WITH_VM.has(session.status) ? [] : [egress]),
    {
      id: "about",
      title: "About",
      content: () => <AboutPanel {...{ session, claimMs, isViewer, onChanged }} />,
    },
    ...(session.status === "ready" ? [exchange] : []),
  ];
}
