import { readFileSync, rmSync, writeFileSync } from "node:fs";
import * as z from "zod";

const Name = z.object({ pid: z.int().positive(), startTicks: z.int() });

const Heritage = z.object({
  display: z.object({ server: Name, width: z.int(), height: z.int() }).optional(),
  browser: z
    .object({
      process: Name,
      /** Of a navigation whose answer comes after us: what the page shows until then is the past. */
      navigation: z.int().optional(),
      /** Processes with random state of another VM that are still to be ended. */
      stale: z.array(Name),
    })
    .optional(),
  sound: Name.optional(),
  /** Who offers an image on the clipboard. */
  clipboard: Name.optional(),
  relay: Name.optional(),
  /** It waits for a sign-in's orders. */
  signinWorker: Name.optional(),
  /** What is left to do when there is time: networkd and sshd must be told. */
  isUnsettled: z.boolean(),
});
/** What an agent leaves to the one that it executes in its own place: names of processes, no secrets. */
export type Heritage = z.infer<typeof Heritage>;

/** Root's own directory, gone at the next boot. */
export const HERITAGE_PATH = "/run/browservm/heritage.json";

export function leaveHeritage(heritage: Heritage, path: string = HERITAGE_PATH): void {
  writeFileSync(path, JSON.stringify(heritage), { mode: 0o600 });
}

/** What was left, once: an agent that is started by systemd after a crash inherits nothing. */
export function takeHeritage(path: string = HERITAGE_PATH): Heritage | undefined {
  try {
    const heritage = Heritage.parse(JSON.parse(readFileSync(path, "utf8")));
    rmSync(path);
    return heritage;
  } catch {
    rmSync(path, { force: true });
    return undefined; // the usual start
  }
}
