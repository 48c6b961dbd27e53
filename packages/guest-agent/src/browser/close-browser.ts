import { setTimeout as sleep } from "node:timers/promises";
import { type Running, signalProcess, takeOver } from "../process/running.ts";
import { browserChildren } from "./browser-children.ts";
import type { CdpLine } from "./page-watch.ts";

/** An emulated browser writes its files for a long while. */
const CLOSE_MS = 60_000;
/** The service that keeps cookies ends after its browser, when it has written them. */
const CHILDREN_MS = 10_000;

/** Ends a browser as a person would, with all of its processes. False: it had to be killed, and its files may lack something. */
export async function closeBrowser(
  running: Running | undefined,
  line: CdpLine | undefined,
): Promise<boolean> {
  if (!running) return true;
  const children = browserChildren(running.name.pid);
  // It may end before it answers, or be unable to do either.
  line?.call({ method: "Browser.close", timeoutMs: CLOSE_MS }).catch(() => {});
  if (!(await isInTime(running.ended, CLOSE_MS))) {
    running.kill("SIGKILL");
    await running.ended;
    return false;
  }
  const left = children.map((child) => takeOver(child)?.ended);
  const isClean = await isInTime(Promise.all(left), CHILDREN_MS);
  for (const child of children) signalProcess(child, "SIGKILL");
  return isClean;
}

async function isInTime(work: Promise<unknown>, ms: number): Promise<boolean> {
  const giveUp = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      sleep(ms, false, { signal: giveUp.signal }).catch(() => false),
    ]);
  } finally {
    giveUp.abort();
  }
}
