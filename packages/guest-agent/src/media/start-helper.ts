import type { ChildProcess } from "node:child_process";
import { chmodSync } from "node:fs";
import { GUEST_PATHS } from "@browservm/contract/guest/files";
import type { AgentLog } from "../agent-log.ts";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { start } from "../child.ts";
import { SOUND_SOCKET } from "../sound/sound-server.ts";
import { HelperProcess } from "./helper-process.ts";

const SOCKET = `${BROWSER_USER.runtimeDir}/browservm-media.sock`;
const DISPLAY_SOCKET = `/tmp/.X11-unix/X${BROWSER_USER.display.slice(1)}`;

/** The image's media helper, run as the browser's user: it reads what that user sees, and no more. */
export function mediaHelper(log: AgentLog): HelperProcess {
  return new HelperProcess({
    socket: SOCKET,
    warn: (message) => log.warn(message),
    spawn,
  });
}

const ARGS = [
  "--disable-warning=ExperimentalWarning",
  GUEST_PATHS.media,
  SOCKET,
  DISPLAY_SOCKET,
  SOUND_SOCKET,
] as const;

function spawn(): ChildProcess {
  shareRegistry();
  return start(GUEST_PATHS.node, ARGS, {
    stdio: ["pipe", "pipe", "inherit"],
    asBrowserUser: {
      env: {
        ...browserUserEnvironment({}),
        GST_REGISTRY: GUEST_PATHS.gstRegistry,
        GST_REGISTRY_UPDATE: "no",
      },
    },
  });
}

/** GStreamer wrote it at the image's build, for root alone. Unread, every start would look at each plug-in again. */
function shareRegistry(): void {
  try {
    chmodSync(GUEST_PATHS.gstRegistry, 0o644);
  } catch {
    // An image without one: it is slow, not broken.
  }
}
