import { BrowserVM } from "@browservm/sdk";
import { LiveView, useLiveScreen, useScreenState } from "@browservm/sdk/react";

const { sessions } = new BrowserVM({ baseUrl: "" });
const address = (path: string) => `${location.origin.replace("http", "ws")}${path}`;

/** One session's picture, with a button for its sound. `viewer` is an id of this tab: `vwr_` and 20 letters or digits. */
export function Embedded({ session, viewer }: { session: string; viewer: string }) {
  const screen = useLiveScreen({
    liveUrl: address(sessions.livePath(session, viewer)),
    displayUrl: address(sessions.vncPath(session, viewer)),
  });
  const state = useScreenState(screen);
  const isSoundOn = state?.video.isSoundOn ?? false;
  return (
    <>
      <LiveView screen={screen} className="screen">
        {state?.display.is === "live" ? null : <p>Connecting…</p>}
      </LiveView>
      <button type="button" onClick={() => screen?.viewer.setSound(!isSoundOn)}>
        {isSoundOn ? "Mute" : "Sound"}
      </button>
    </>
  );
}
