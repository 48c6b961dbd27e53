import { setTimeout as sleep } from "node:timers/promises";
import {
  browserState,
  type GuestHandlers,
  type GuestParams,
  type GuestResult,
  type SIGNIN_CALLS,
  type SigninFrame,
} from "@browservm/contract";
import { z } from "zod";

const PORT = 45_678;
const LOOK_MS = 25;
/** Longer than any test waits for an answer that it holds back. */
const HELD_MS = 600_000;

/** What people and tools do in a fake guest: a test says so in its changes. */
export const FakeSignin = z.strictObject({
  /** Calls that get no answer while they stand here. */
  hold: z.array(z.enum(["start", "frames", "capture", "state", "navigate"])).default([]),
  /** The browser comes to the listener with these: to the one that listens when they are first seen, and to no other. */
  callback: z.record(z.string(), z.string()).optional(),
  /** The tool asks to have this opened. */
  url: z.string().optional(),
  /** The tool has written these, and the capture finds them. */
  files: z.array(z.object({ path: z.string(), mode: z.int(), data: z.string() })).optional(),
  /** What the browser keeps. */
  state: browserState().optional(),
});
export type FakeSignin = z.infer<typeof FakeSignin>;

type Job = GuestParams<"signin.start">["job"];
interface Running {
  readonly job: Job;
  readonly frames: SigninFrame[];
  isOver: boolean;
}

/** Sign-ins in a guest without a browser and without tools. As in a real one, a job ends with the host's epoch. */
export class FakeSignins {
  readonly #now: () => FakeSignin;
  readonly #jobs = new Map<number, Running>();
  #lastId = 0;
  /** The redirect that a listener has heard; it comes once. */
  #heard = "";

  constructor(now: () => FakeSignin | undefined) {
    this.#now = () => now() ?? FakeSignin.parse({});
  }

  /** Settles when this is answered again. */
  async released(what: FakeSignin["hold"][number], signal: AbortSignal): Promise<FakeSignin> {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(HELD_MS)]);
    for (;;) {
      const now = this.#now();
      if (!now.hold.includes(what)) return now;
      await sleep(LOOK_MS, undefined, { signal: ends });
    }
  }

  get calls(): Pick<GuestHandlers, keyof typeof SIGNIN_CALLS> {
    return {
      "signin.start": async ({ job }, { signal }) => {
        await this.released("start", signal);
        return { jobId: this.#start(job, signal) };
      },
      "signin.frames": ({ jobId, after, waitMs }, { signal }) =>
        this.#frames(jobId, { after, waitMs }, signal),
      "signin.type": () => ({}),
      "signin.stop": ({ jobId }) => {
        this.#jobs.delete(jobId);
        return {};
      },
      "signin.capture": async (_, { signal }) => ({
        files: (await this.released("capture", signal)).files ?? [],
      }),
      "browser.state": async (_, { signal }) => {
        const { state = { cookies: [], storage: [] } } = await this.released("state", signal);
        return { state, leftOut: 0 };
      },
      "browser.putState": ({ state: { cookies, storage } }) => ({
        cookies: cookies.length,
        origins: storage.length,
        refusedCookies: 0,
      }),
    };
  }

  #start(job: Job, signal: AbortSignal): number {
    this.#lastId += 1;
    const jobId = this.#lastId;
    this.#jobs.set(jobId, { job, frames: firstFrames(job), isOver: false });
    signal.addEventListener("abort", () => this.#jobs.delete(jobId), { once: true });
    return jobId;
  }

  async #frames(
    jobId: number,
    { after, waitMs }: { readonly after: number; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<GuestResult<"signin.frames">> {
    for (const deadline = Date.now() + waitMs; ; await sleep(LOOK_MS, undefined, { signal })) {
      const running = this.#jobs.get(jobId);
      if (!running) throw new Error("there is no such sign-in");
      if (!running.isOver) this.#hear(running);
      const frames = running.frames.slice(after);
      const isSilent = this.#now().hold.includes("frames");
      if (isSilent || (frames.length === 0 && !running.isOver && Date.now() < deadline)) continue;
      return { frames, next: after + frames.length, ended: running.isOver };
    }
  }

  #hear(running: Running): void {
    const { callback, url, files } = this.#now();
    const { job, frames } = running;
    const told = (type: SigninFrame["type"]) => frames.some((frame) => frame.type === type);
    if (job.kind === "callback" && callback && JSON.stringify(callback) !== this.#heard) {
      this.#heard = JSON.stringify(callback);
      frames.push({ type: "callback", method: "GET", parameters: callback }, { type: "done" });
      running.isOver = true;
    }
    if (job.kind !== "tool") return;
    if (url !== undefined && !told("url")) frames.push({ type: "url", url, by: "opened" });
    if (files && !told("files_ready"))
      frames.push({ type: "files_ready", paths: files.map(({ path }) => path) });
  }
}

function firstFrames(job: Job): SigninFrame[] {
  if (job.kind === "tool") return [{ type: "phase", phase: "running" }];
  const port = job.port || PORT;
  return [{ type: "listening", port, redirectUri: `http://${job.host}:${port}${job.path}` }];
}
