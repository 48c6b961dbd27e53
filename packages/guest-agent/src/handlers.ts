import type { GuestHandlers } from "@browservm/contract/channel/guest-channel";
import type { AgentLog } from "./agent-log.ts";
import type { Browser } from "./browser/browser.ts";
import type { Clipboard } from "./display/clipboard.ts";
import { type Display, VNC_PORT } from "./display/display.ts";
import type { ExecTable } from "./exec/exec-table.ts";
import { getChunk, putChunk } from "./files/guest-files.ts";
import type { IdentityCalls } from "./identity/identity-calls.ts";
import { applyNetwork } from "./network/apply-network.ts";
import { readNetworkFacts } from "./network/network-facts.ts";
import { probeDns } from "./probes/probe-dns.ts";
import { probePing } from "./probes/probe-ping.ts";
import { probeTcp } from "./probes/probe-tcp.ts";
import type { JobTable } from "./signin/job-table.ts";
import { captureState } from "./signin/state/capture-state.ts";
import { putState } from "./signin/state/put-state.ts";
import { setClock } from "./system/clock.ts";
import { readHealth } from "./system/health.ts";
import { journalAfter, journalTail } from "./system/journal.ts";
import { endVm } from "./system/power.ts";
import { servicesStatus } from "./system/services.ts";

export interface HandlerParts {
  readonly log: AgentLog;
  readonly execs: ExecTable;
  readonly signins: JobTable;
  readonly display: Display;
  readonly clipboard: Pick<Clipboard, "put">;
  readonly browser: Browser;
  readonly hello: GuestHandlers["hello"];
  readonly identityCalls: IdentityCalls;
}

/** Every call of the contract and who does it. */
export function makeHandlers(parts: HandlerParts): GuestHandlers {
  const { log, execs, signins, display, clipboard, browser, hello, identityCalls } = parts;
  return {
    hello,
    ...identityCalls,
    ...signins.calls,
    "network.get": () => readNetworkFacts(),
    "network.set": (settings) => applyNetwork(settings, log).then(() => ({})),
    "services.status": ({ units }) => servicesStatus(units),
    "health.get": (_, { signal }) => readHealth(signal),
    "journal.tail": ({ lines, unit }, { signal }) => journalTail(lines, unit, signal),
    "journal.after": ({ cursor, waitMs }, { signal }) => journalAfter(cursor, waitMs, signal),
    "agent.log": ({ after, waitMs }, { signal }) => log.after(after, waitMs, signal),
    "exec.start": (request, { signal }) => execs.start(request, signal),
    "exec.stdin": ({ execId, data, end }) => execs.stdin(execId, data, end).then(() => ({})),
    "exec.kill": ({ execId, signal }) => {
      execs.kill(execId, signal);
      return {};
    },
    "files.put": (chunk) => putChunk(chunk),
    "files.get": ({ path, offset, length }) => getChunk(path, offset, length),
    "display.info": async () => ({
      ready: display.isReady,
      ...(await display.readSize()),
      ...(display.isReady ? { vncPort: VNC_PORT } : {}),
    }),
    "display.resize": (size) => display.resize(size),
    "clipboard.put": (piece) => clipboard.put(piece).then(() => ({})),
    "browser.status": () => browser.status(),
    "browser.navigate": ({ url }) => browser.navigate(url),
    "browser.state": ({ origins }) => captureState(browser.line, origins),
    "browser.putState": ({ state }) => putState(browser.line, state),
    "clock.set": async ({ time }) => ({ stepMs: await setClock(time) }),
    shutdown: ({ mode }) => endVm(mode, log).then(() => ({})),
    "probe.tcp": (target) => probeTcp(target),
    "probe.ping": (target) => probePing(target),
    "probe.dns": ({ name, timeoutMs }) => probeDns(name, timeoutMs),
  };
}
