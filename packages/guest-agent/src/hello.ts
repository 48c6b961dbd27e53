import { readFileSync } from "node:fs";
import type { GuestHandlers } from "@browservm/contract/channel/guest-channel";
import { DEFAULT_DISPLAY } from "@browservm/contract/display";
import type { AgentLog } from "./agent-log.ts";
import type { Browser } from "./browser/browser.ts";
import type { BrowserLook } from "./browser/browser-flags.ts";
import type { Display } from "./display/display.ts";
import { checkManifest } from "./files/manifest.ts";
import type { ImageInfo } from "./image-info.ts";
import type { SoundServer } from "./sound/sound-server.ts";
import { setClock } from "./system/clock.ts";
import type { VmIdentity } from "./vm-identity.ts";

export const AGENT_VERSION = "0.1.0";

export interface HelloParts {
  readonly log: AgentLog;
  readonly identity: VmIdentity;
  readonly image: ImageInfo;
  readonly bootId: string;
  readonly display: Display;
  readonly sound: Pick<SoundServer, "keepRunning">;
  readonly browser: Browser;
  readonly manifestPath: string;
  readonly startPage: string;
  readonly hastenNeighbours: () => Promise<void>;
  /** Of this very process of the agent, random. */
  readonly incarnation: string;
  /** What is done after the answer, when there is time. */
  readonly settle: () => void;
}

/** The host's first words: who this VM is. They also start display and browser; repeated, they only replace secrets. */
export function makeHello(parts: HelloParts): GuestHandlers["hello"] {
  return async (said) => {
    const { log, identity, image, bootId } = parts;
    identity.learn(said);
    await setClock(said.hostTime).catch((error: Error) => log.warn(`clock: ${error.message}`));
    await parts.hastenNeighbours().catch((error: Error) => log.warn(`neighbours: ${error.message}`));
    const injected = await checkManifest(parts.manifestPath);
    for (const { path, state } of injected) if (state !== "ok") log.warn(`injected file ${path} is ${state}`);
    if (image.hasBrowser) void startBrowser(parts, said.browserWindow, said.display ?? DEFAULT_DISPLAY);
    parts.settle();
    log.info(`hello from the host: this is ${said.vmId}`);
    return {
      agentVersion: AGENT_VERSION,
      bootId,
      image: image.id,
      hasBrowser: image.hasBrowser,
      incarnation: parts.incarnation,
      injected: injected.slice(0, 256),
      uptimeMs: uptimeMs(),
    };
  };
}

async function startBrowser(
  { display, sound, browser, startPage }: HelloParts,
  window: BrowserLook["window"],
  size: { readonly width: number; readonly height: number },
): Promise<void> {
  await display.start(size);
  browser.keepRunning(() => ({ window, startUrl: `file://${startPage}`, ...display.size }));
  sound.keepRunning(() => browser.painted);
}

/** proc_uptime(5): seconds since boot. */
function uptimeMs(): number {
  return Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000);
}
