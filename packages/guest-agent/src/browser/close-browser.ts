import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessEnd, type Running, signalProcess, takeOver } from "../process/running.ts";
import { browserChildren } from "./browser-children.ts";
import type { CdpLine } from "./page-watch.ts";

/** An emulated browser writes its files for a long while. */
const CLOSE_MS = 60_000;
/** The service that keeps cookies ends after its browser, when it has written them. */
const CHILDREN_MS = 10_000;

/** Ends a browser as a person would, with all of its processes. False: it did not end well, and its files may lack something. */
export async function closeBrowser(
  running: Running | undefined,
  line: CdpLine | undefined,
): Promise<boolean> {
  if (!running) return true;
  const children = browserChildren(running.name.pid);
  // It may end before it answers, or be unable to do either.
  line?.call({ method: "Browser.close", timeoutMs: CLOSE_MS }).catch(() => {});
  const end = await inTime(running.ended, CLOSE_MS);
  if (!end) {
    running.kill("SIGKILL");
    await running.ended;
    return false;
  }
  const left = children.map((child) => takeOver(child)?.ended);
  const areGone = await inTime(Promise.all(left), CHILDREN_MS);
  for (const child of children) signalProcess(child, "SIGKILL");
  return areGone !== undefined && hasEndedWell(end);
}

/** Somebody else may have killed it meanwhile, or it crashed. Of one that was taken over nobody knows. */
const hasEndedWell = ({ signal }: ProcessEnd): boolean => signal === null;

/** Undefined: it takes longer. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const giveUp = new AbortController();
  try {
    return await Promise.race([
      work,
      sleep(ms, undefined, { signal: giveUp.signal }).catch(() => undefined), // it is not waited for any more
    ]);
  } finally {
    giveUp.abort();
  }
}
