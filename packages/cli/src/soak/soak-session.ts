import { BrowserVmError, type Progress, type SessionId } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import type { CliContext } from "../context.ts";
import { waitReady } from "../sessions/wait-ready.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Sessions that come and go meanwhile. */
  readonly others: number;
  readonly image: string;
  readonly otherImage: string;
}

export interface SoakResult {
  readonly session: SessionId;
  readonly minutes: number;
  readonly looks: number;
  readonly othersDone: number;
  readonly failures: ReadonlyArray<{ readonly at: string; readonly what: string }>;
}

const LOOK_EVERY_MS = 15_000;
const READY_MS = 15 * 60_000;

/** Keeps one session while others come and go, and looks all the time whether it still works. Ends them all. */
export async function soakSession(context: CliContext, options: SoakOptions): Promise<SoakResult> {
  const client = context.client();
  using progress = context.progress();
  progress.step("session");
  await using long = await client.sessions.create({ image: options.image, ttlSeconds: 86_400 });
  await waitReady(progress, long, READY_MS);
  const failures: Array<{ at: string; what: string }> = [];
  const fail = (what: string) => failures.push({ at: new Date().toISOString(), what });
  const ends = AbortSignal.any([context.signal, AbortSignal.timeout(options.minutes * 60_000)]);
  progress.step(`soak for ${options.minutes} min`);
  const [looks, othersDone] = await Promise.all([
    lookUntil(client, long.id, { ends, fail, progress }),
    comeAndGo(client, options, { ends, fail, progress }),
  ]);
  progress.done();
  return { session: long.id, minutes: options.minutes, looks, othersDone, failures };
}

interface Soak {
  readonly ends: AbortSignal;
  readonly fail: (what: string) => void;
  readonly progress: Progress;
}

async function lookUntil(client: BrowserVM, id: SessionId, { ends, fail, progress }: Soak): Promise<number> {
  let looks = 0;
  while (!ends.aborted) {
    await look(client, id).catch((error: unknown) =>
      fail(error instanceof Error ? error.message : String(error)),
    );
    looks += 1;
    progress.note(`${looks} looks`);
    await pauseUntil(ends, LOOK_EVERY_MS);
  }
  return looks;
}

/** Still ready, a command answers in the guest, and its way to the gateway works. */
async function look(client: BrowserVM, id: SessionId): Promise<void> {
  const session = await client.sessions.get(id);
  if (session.status !== "ready") throw new BrowserVmError("SESSION_NOT_READY", `it is ${session.status}`);
  await command(client, id, ["true"]);
  const gateway = session.vm?.address?.gateway;
  if (gateway) await command(client, id, ["ping", "-c", "1", "-W", "5", gateway]);
  if (session.vm?.hasBrowser) await client.sessions.screenshot(id);
}

async function command(client: BrowserVM, id: SessionId, words: string[]): Promise<void> {
  for await (const event of client.sessions.exec(id, { command: words, timeoutMs: 30_000 }))
    if (event.type === "exit" && event.code !== 0)
      throw new BrowserVmError(
        "GUEST_CALL_FAILED",
        `\`${words.join(" ")}\` ended with ${event.code ?? event.signal}`,
      );
}

/** Other sessions one after another, spread over the whole time. */
async function comeAndGo(client: BrowserVM, options: SoakOptions, { ends, fail }: Soak): Promise<number> {
  let done = 0;
  while (done < options.others && !ends.aborted) {
    try {
      await using other = await client.sessions.create({ image: options.otherImage });
      await other.waitFor("ready", { signal: ends, timeoutMs: READY_MS });
      done += 1;
    } catch (error) {
      if (!ends.aborted) fail(`another session: ${error instanceof Error ? error.message : String(error)}`);
      await pauseUntil(ends, 1000);
    }
  }
  return done;
}

function pauseUntil(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}

/** The result for people. */
export function describeSoak({ session, minutes, looks, othersDone, failures }: SoakResult): string {
  const lines = failures.map(({ at, what }) => `  ✗ ${at}  ${what}`);
  const head = `${session}: ${looks} looks in ${minutes} min, ${othersDone} other sessions, ${failures.length} failures`;
  return [head, ...lines].join("\n");
}
