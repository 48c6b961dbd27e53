import type { GuestHandlers } from "@browservm/contract/channel/guest-channel";
import type { GuestParams, GuestResult } from "@browservm/contract/guest/calls";
import { GUEST_PATHS } from "@browservm/contract/guest/files";
import type { AgentLog } from "../agent-log.ts";
import type { Browser } from "../browser/browser.ts";
import { runOrThrow } from "../child.ts";
import type { Display } from "../display/display.ts";
import { injectFiles, removeInjected } from "../files/inject-files.ts";
import { checkManifest } from "../files/manifest.ts";
import type { Heritage } from "../heritage.ts";
import { forgetNeighbours, forgetNetwork, takeNetwork } from "../network/apply-network.ts";
import type { VmIdentity } from "../vm-identity.ts";
import { forgetHostKey, renewHostKey } from "./host-key.ts";
import { forgetMachineId, setHostname, setMachineId } from "./names.ts";
import { prepareReseed, reseed } from "./reseed.ts";
import { Steps } from "./steps.ts";

const SYNC_MS = 60_000;
/** What a VM without a session has instead of a session's settings. */
const NO_SETTINGS = [GUEST_PATHS.environment, "/etc/environment"].map((path) => ({
  path,
  mode: 0o644,
  data: "",
}));

export interface IdentityParts {
  readonly log: AgentLog;
  readonly identity: VmIdentity;
  readonly display: Display;
  readonly browser: Browser;
  readonly startPage: string;
  /** Has what clones need soon wait for it. A failure is told to the log: they then start it themselves. */
  readonly standBy: () => Promise<void>;
  /** Executes the agent anew, once the answer to the call has left. */
  reexecute(heritage: Pick<Heritage, "browser" | "isUnsettled">): void;
}

/** The calls that say who this VM is: forgotten before a freeze, taken after a restore, refreshed after a pause. */
export type IdentityCalls = Pick<
  GuestHandlers,
  "snapshot.prepare" | "identity.take" | "identity.refresh" | "settings.apply"
>;

export function makeIdentityCalls(parts: IdentityParts): IdentityCalls {
  return {
    "snapshot.prepare": () => prepare(parts),
    "identity.take": (orders) => take(parts, orders),
    "identity.refresh": async (fresh) => {
      const [clockStepMs] = await Promise.all([reseed(fresh), forgetNeighbours()]);
      return { clockStepMs };
    },
    "settings.apply": (settings) => apply(parts, settings),
  };
}

/** Nothing that stays in this guest's memory or on its disk says who it was. Programs that a restore needs wait for it. */
async function prepare({ log, identity, browser, standBy }: IdentityParts): Promise<Record<string, never>> {
  identity.forget();
  await removeInjected(GUEST_PATHS.manifest);
  await Promise.all([
    forgetMachineId(),
    forgetHostKey(),
    forgetNetwork(),
    injectFiles(NO_SETTINGS, GUEST_PATHS.manifest),
    browser.park(),
    standBy().catch((error: Error) => log.warn(`what should wait for a clone does not: ${error.message}`)),
  ]);
  prepareReseed();
  await runOrThrow("sync", [], { timeoutMs: SYNC_MS });
  log.info("ready to be frozen: nothing here says who this VM was");
  return {};
}

/**
 * Side by side, for two processors. Only what draws randomness waits for the kernel's to be this VM's own: the host key,
 * the browser's new processes, and at last the agent itself.
 */
async function take(
  parts: IdentityParts,
  orders: GuestParams<"identity.take">,
): Promise<GuestResult<"identity.take">> {
  const { log, identity, browser } = parts;
  const steps = new Steps();
  identity.forget();
  const fresh = steps.run("reseed", () => reseed(orders));
  const [clockStepMs, heir, { isUnsettled }] = await Promise.all([
    fresh,
    fresh.then(() => steps.run("browser", () => browser.renewAndLeave(orders.browser, parts.startPage))),
    steps.run("network", () => takeNetwork(orders.network, log)),
    fresh.then(() => steps.run("host-key", renewHostKey)),
    steps.run("names", () => Promise.all([setHostname(orders.hostname), setMachineId(orders.machineId)])),
    steps.run("files", () => injectFiles(orders.files, GUEST_PATHS.manifest)),
  ]);
  parts.reexecute({ isUnsettled, ...(heir ? { browser: heir } : {}) });
  return { clockStepMs, steps: [...steps.done] };
}

async function apply(
  { display, browser }: IdentityParts,
  { files, display: size, restartBrowser }: GuestParams<"settings.apply">,
): Promise<GuestResult<"settings.apply">> {
  await injectFiles(files, GUEST_PATHS.manifest);
  if (size) await display.resize(size);
  if (restartBrowser) await browser.restart();
  return { injected: (await checkManifest(GUEST_PATHS.manifest)).slice(0, 256) };
}
