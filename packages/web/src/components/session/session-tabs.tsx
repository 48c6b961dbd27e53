import type { SessionLook } from "../../lib/live-sources.ts";
import { AboutPanel } from "./about-panel.tsx";
import { LogPanel } from "./log-panel.tsx";
import { NetworkPanel } from "./network-panel.tsx";
import css from "./session-page.module.css";
import type { Tab } from "./side-panel.tsx";
import { GateTimeline, LaunchTimeline } from "./timeline.tsx";

/** The side panel's tabs that every session has. */
export function sessionTabs({ session, gate }: SessionLook, onChanged: () => void): readonly Tab[] {
  return [
    { id: "network", title: "Network", content: () => <NetworkPanel gate={gate} /> },
    {
      id: "steps",
      title: "Steps",
      content: () => (
        <div className={css.steps}>
          <h2>Launch</h2>
          <LaunchTimeline steps={session.vm?.steps ?? []} />
          <h2>Proof</h2>
          <GateTimeline gate={gate} />
        </div>
      ),
    },
    { id: "logs", title: "Logs", content: () => <LogPanel id={session.id} /> },
    { id: "about", title: "About", content: () => <AboutPanel session={session} onChanged={onChanged} /> },
  ];
}
