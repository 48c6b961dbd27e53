import { BrowserVmError } from "@browservm/contract";
import { captureFrame } from "../../../display/capture-frame.ts";
import { describeFrame } from "../../../display/describe-frame.ts";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";
import { until } from "../until.ts";

/** What the agent paints behind all windows: a frame of it alone shows no browser. */
export const ROOT_COLOUR = "#1d2733";
/** Share of root pixels from which on there is no window to speak of. */
const MOSTLY_ROOT = 0.9;

async function provePainted(
  { guest, patience, showsOwnPage }: GateSubject,
  signal: AbortSignal,
): Promise<string> {
  const status = await guest.call("browser.status", {}, { timeoutMs: 3000 * patience, signal });
  if (!status.running || !status.version) {
    const exit = status.lastExit ? ` (last exit: ${status.lastExit})` : "";
    throw new BrowserVmError(
      "GATE_BROWSER",
      `the browser does not ${status.running ? "answer" : "run"}${exit}`,
    );
  }
  // A page that somebody has opened may take for ever to load; that is no fault of the VM.
  if (showsOwnPage && !status.painted) {
    throw new BrowserVmError(
      "GATE_BROWSER",
      `the browser runs (pid ${status.pid}) but its page has not painted`,
    );
  }
  return `${status.version}, pid ${status.pid}, ${status.painted ? "painted" : "loading"} ${status.url}`;
}

async function proveFrame(subject: GateSubject, signal: AbortSignal): Promise<string> {
  const stream = await subject.openVnc(signal);
  try {
    const frame = await captureFrame(stream, signal);
    const { distinctColours, rootShare, dominantShare, isBlank } = describeFrame(frame, ROOT_COLOUR);
    const words = `${frame.width}×${frame.height}, ${distinctColours} colours, ${percent(rootShare)} root, ${percent(dominantShare)} of one colour`;
    // Our own page has known colours; another may well be of one colour, but it covers the root.
    const isEmpty = subject.showsOwnPage ? isBlank : rootShare > MOSTLY_ROOT;
    if (isEmpty) throw new BrowserVmError("GATE_BROWSER", `the display shows no window: ${words}`);
    return words;
  } finally {
    stream.destroy();
  }
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

export const browserStep: GateStepDefinition = {
  id: "R10",
  // It begins with the network's own steps, and may wait for them.
  budgetMs: 45_000,
  async prove(subject, { note, signal }) {
    if (!subject.hasBrowser) return { skip: "this image has no browser" };
    note(
      "browser",
      "control pipe",
      await subject.waiting(until(signal, 250, () => provePainted(subject, signal))),
    );
    note("rfb", "display :1", await subject.waiting(until(signal, 500, () => proveFrame(subject, signal))));
    return "pass";
  },
};
