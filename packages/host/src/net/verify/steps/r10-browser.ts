import { BrowserVmError } from "@browservm/contract";
import { captureFrame } from "../../../display/capture-frame.ts";
import { describeFrame } from "../../../display/describe-frame.ts";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";
import { until } from "../until.ts";

/** What the agent paints behind all windows: a frame of it alone shows no browser. */
export const ROOT_COLOUR = "#1d2733";

async function provePainted({ guest, patience }: GateSubject, signal: AbortSignal): Promise<string> {
  const status = await guest.call("browser.status", {}, { timeoutMs: 3000 * patience, signal });
  if (!status.running)
    throw new BrowserVmError(
      "GATE_BROWSER",
      `the browser does not run${status.lastExit ? ` (last exit: ${status.lastExit})` : ""}`,
    );
  if (!status.painted)
    throw new BrowserVmError(
      "GATE_BROWSER",
      `the browser runs (pid ${status.pid}) but its page has not painted`,
    );
  return `${status.version}, pid ${status.pid}, painted ${status.url}`;
}

async function proveFrame(subject: GateSubject, signal: AbortSignal): Promise<string> {
  const stream = await subject.openVnc(signal);
  try {
    const frame = await captureFrame(stream, signal);
    const { distinctColours, rootShare, dominantShare, isBlank } = describeFrame(frame, ROOT_COLOUR);
    const words = `${frame.width}×${frame.height}, ${distinctColours} colours, ${(rootShare * 100).toFixed(0)} % root, ${(dominantShare * 100).toFixed(0)} % of one colour`;
    if (isBlank) throw new BrowserVmError("GATE_BROWSER", `the display shows no window: ${words}`);
    return words;
  } finally {
    stream.destroy();
  }
}

export const browserStep: GateStepDefinition = {
  id: "R10",
  budgetMs: 30_000,
  async prove(subject, { note, signal }) {
    if (!subject.hasBrowser) return { skip: "this image has no browser" };
    note("browser", "control pipe", await until(signal, 250, () => provePainted(subject, signal)));
    note("rfb", "display :1", await until(signal, 500, () => proveFrame(subject, signal)));
    return "pass";
  },
};
