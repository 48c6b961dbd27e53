import { Mortal } from "./mortal.ts";
import { SigninProcess } from "./signin-process.ts";

interface Death {
  /** At its n-th statement, before that is done or after. */
  readonly n: number;
  readonly when: "before" | "after";
  /** Its state, and its database in that. */
  readonly directory: string;
  readonly database: string;
}

/** Lets a controller work until it dies; answers whether it did. What it says while it dies is nobody's to hear. */
export async function untilItDies(
  { n, when, directory, database }: Death,
  work: (process: SigninProcess, isDead: () => boolean) => Promise<unknown>,
): Promise<boolean> {
  const mortal = new Mortal(n, when);
  const store = mortal.store(database);
  const process = await SigninProcess.start(directory, store).catch(() => undefined);
  try {
    if (process) await work(process, () => mortal.isDead);
  } finally {
    await process?.[Symbol.asyncDispose]().catch(() => {});
    // A process that is gone holds no lock.
    await store.destroy();
  }
  return mortal.isDead;
}
