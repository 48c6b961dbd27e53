import type { Session } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { waitReady } from "./wait-ready.ts";

export interface ResumeOptions {
  readonly wait: boolean;
  /** In seconds. */
  readonly timeout: number;
}

/** Resumes a session and waits for it with every step shown. */
export async function resumeSession(
  context: CliContext,
  id: string,
  { wait, timeout }: ResumeOptions,
): Promise<Session> {
  const { sessions } = context.client();
  using progress = context.progress();
  progress.step("resuming");
  const resumed = await sessions.resume(id, { signal: context.signal });
  const refresh = (signal?: AbortSignal) => sessions.get(id, { signal });
  const session = wait ? await waitReady(progress, { refresh }, timeout * 1000) : resumed;
  progress.done();
  return session;
}
