import { BrowserVmError, type Progress, type Session } from "@browservm/contract";

const LOOK_AGAIN_MS = 300;

/** A session handle, as far as waiting needs it. */
export interface Refreshable {
  refresh(signal?: AbortSignal): Promise<Session>;
}

/** Waits until a session is ready and names each launch step. Fails with the session's own reason. */
export async function waitReady(
  progress: Progress,
  handle: Refreshable,
  timeoutMs: number,
): Promise<Session> {
  const deadline = Date.now() + timeoutMs;
  let shown = "";
  for (;;) {
    const session = await handle.refresh(progress.signal);
    const step = session.vm?.steps.findLast(({ status }) => status === "running")?.step;
    if (step && step !== shown) progress.step(step);
    shown = step ?? shown;
    if (session.status === "ready") return session;
    if (isStuck(session)) throw failure(session);
    if (Date.now() > deadline)
      throw new BrowserVmError("DEADLINE_EXCEEDED", `session ${session.id} is still ${session.status}`, {
        step,
      });
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Paused again after it was to be resumed counts too: nothing goes on that would make it ready. */
const isStuck = ({ status, vm }: Session) =>
  status === "failed" || status === "ended" || (status === "paused" && vm?.state === "paused");

function failure({ id, status, reason }: Session): BrowserVmError {
  return new BrowserVmError("SESSION_NOT_READY", `session ${id} is ${status}`, {
    ...(reason ? { reason: `${reason.message} (${reason.code})`, fix: reason.fix } : {}),
  });
}
