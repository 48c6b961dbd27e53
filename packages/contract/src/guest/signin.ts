import * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use
import { browserState, webOrigin } from "./browser-state.ts";
import { lazily } from "./lazily.ts";
import { SIGNIN_FAULTS, SIGNIN_LIMITS } from "./signin-limits.ts";

const text = (max: number) => z.string().max(max);
const deadline = () => z.int().min(1000).max(SIGNIN_LIMITS.timeoutMs).default(900_000);

/** A path below the home of the browser's user, as the vault has them (host/secrets.ts). */
const homeFile = () =>
  z.strictObject({
    path: text(200),
    /** True: it must be one JSON value. */
    json: z.boolean().default(false),
    /** True: a tool is ready without it, and it is captured only if it is there. */
    optional: z.boolean().default(false),
  });
export const credentialFiles = () => z.array(homeFile()).min(1).max(SIGNIN_LIMITS.files);

/** Listens on the guest's own loopback (127.0.0.1 and ::1) for one redirect of the browser. */
export const callbackJob = () =>
  z.strictObject({
    kind: z.literal("callback"),
    /** 0: any free one. */
    port: z.int().min(0).max(65_535).default(0),
    path: z
      .string()
      .max(200)
      .regex(/^\/[A-Za-z0-9._~/-]*$/)
      .default("/callback"),
    /** How the redirect URI names this machine; the other names are answered, too. */
    host: z.enum(["127.0.0.1", "localhost"]).default("127.0.0.1"),
    /** Hits with another `state` are refused with a page and told as `refused`; the wait goes on. */
    state: text(1024).optional(),
    /** True: also a POST of a form (`response_mode=form_post`). */
    formPost: z.boolean().default(false),
    timeoutMs: deadline(),
  });
export type CallbackJob = z.output<ReturnType<typeof callbackJob>>;

const command = () => z.array(text(8192)).min(1).max(64);

/** Starts a command-line tool under a terminal, as a person would, and waits for its credential files. */
export const toolJob = () =>
  z.strictObject({
    kind: z.literal("tool"),
    /** Never a secret in it: every process of the guest can read command lines. */
    command: command(),
    /** Run to its end before, without a terminal; its output is thrown away. */
    install: z
      .strictObject({ command: command(), timeoutMs: z.int().min(1000).max(SIGNIN_LIMITS.timeoutMs) })
      .optional(),
    env: z.record(text(256), text(65_536)).default({}),
    /** Absolute; absent: the home. */
    cwd: text(4096).optional(),
    /**
     * What the tool asks, as regular expressions (flags `im`) against what its terminal shows. The answer is typed once
     * for each time that the question appears; without one, somebody is asked (`asking`), and answers by `signin.type`.
     */
    prompts: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[a-z0-9_-]{1,40}$/),
          pattern: text(500),
          /** Typed as it is: `\r` is the return key. */
          answer: text(500).optional(),
          /** Asked again, it is answered again, so often at most. */
          times: z.int().min(1).max(10).default(1),
        }),
      )
      .max(SIGNIN_LIMITS.prompts)
      .default([]),
    /** Only addresses that match are told; absent: every http(s) address that is printed or opened. */
    urlPattern: text(500).optional(),
    files: credentialFiles(),
    timeoutMs: deadline(),
  });
export type ToolJob = z.output<ReturnType<typeof toolJob>>;

/** What a job says. The last one is `done` or `failed`. */
export const signinFrame = () =>
  z.discriminatedUnion("type", [
    /** callback: the address is open. */
    z.object({ type: z.literal("listening"), redirectUri: text(400), port: z.int() }),
    /** callback: a hit that was not the one that is waited for. */
    z.object({ type: z.literal("refused"), why: z.enum(["state", "repeated", "malformed"]) }),
    /** callback: what the browser brought; names are unique. Secret. */
    z.object({
      type: z.literal("callback"),
      method: z.enum(["GET", "POST"]),
      parameters: z
        .record(text(200), text(SIGNIN_LIMITS.parameterChars))
        .refine((record) => Object.keys(record).length <= SIGNIN_LIMITS.parameters, "too many parameters"),
    }),
    /** tool: what it is at. */
    z.object({ type: z.literal("phase"), phase: z.enum(["installing", "running"]) }),
    /** tool: an address it printed, or gave to `$BROWSER`. Each is told once. May hold a state or challenge. */
    z.object({
      type: z.literal("url"),
      url: text(SIGNIN_LIMITS.urlChars),
      by: z.enum(["printed", "opened"]),
    }),
    z.object({ type: z.literal("asking"), id: text(40) }),
    z.object({ type: z.literal("answered"), id: text(40) }),
    /** tool: all files are there and have been left alone for a moment. It may still run. */
    z.object({
      type: z.literal("files_ready"),
      paths: z.array(text(200)).max(SIGNIN_LIMITS.files),
    }),
    z.object({ type: z.literal("exited"), code: z.int().nullable(), signal: text(16).nullable() }),
    z.object({ type: z.literal("done") }),
    z.object({
      type: z.literal("failed"),
      code: z.enum(SIGNIN_FAULTS),
      /** In words of ours: nothing that the tool or a page said. */
      message: text(300),
    }),
  ]);
export type SigninFrame = z.output<ReturnType<typeof signinFrame>>;

const jobId = () => z.int().positive();

/** Starts a job. Answers when it has been started; what becomes of it is told by its frames. */
const start = lazily(() => ({
  params: z.object({ job: z.discriminatedUnion("kind", [callbackJob(), toolJob()]) }),
  result: z.object({ jobId: jobId() }),
}));

/** Frames after the `after`-th one; waits for the first when there is none yet. `ended`: there will be no more. */
const frames = lazily(() => ({
  params: z.object({
    jobId: jobId(),
    after: z.int().nonnegative(),
    waitMs: z.int().min(0).max(SIGNIN_LIMITS.waitMs),
  }),
  result: z.object({
    frames: z.array(signinFrame()).max(SIGNIN_LIMITS.frames),
    next: z.int().nonnegative(),
    ended: z.boolean(),
  }),
}));

/** Types into a tool's terminal, e.g. a code that a page shows. */
const type = lazily(() => ({
  params: z.object({ jobId: jobId(), text: text(8192) }),
  result: z.object({}),
}));

/** Ends a job, its process tree, and what is known of it. Of one that is gone already: nothing. */
const stop = lazily(() => ({ params: z.object({ jobId: jobId() }), result: z.object({}) }));

const refusal = () =>
  z.object({
    refused: z.object({
      code: z.enum(SIGNIN_FAULTS),
      message: text(300),
      path: text(200).optional(),
    }),
  });

/** Reads credential files, once they are stable: plain files of the browser's user, through no link. Data is base64. */
const capture = lazily(() => ({
  params: z.object({ files: credentialFiles() }),
  result: z.union([
    z.object({
      files: z
        .array(z.object({ path: text(200), mode: z.int().min(0).max(0o777), data: text(349_528) }))
        .max(SIGNIN_LIMITS.files),
    }),
    refusal(),
  ]),
}));

/**
 * Cookies that some origins would be sent, and their local storage. Session storage, IndexedDB and partitioned cookies
 * are not captured; `leftOut` counts what is too large for the vault.
 */
const stateGet = lazily(() => ({
  params: z.object({ origins: z.array(webOrigin()).min(1).max(20) }),
  result: z.union([z.object({ state: browserState(), leftOut: z.int().nonnegative() }), refusal()]),
}));

/** Gives a state to the browser, for pages that are opened from then on. */
const statePut = lazily(() => ({
  params: z.object({ state: browserState() }),
  result: z.object({ cookies: z.int(), origins: z.int(), refusedCookies: z.int() }),
}));

/** Calls that a sign-in makes; a part of `GUEST_CALLS`. */
export const SIGNIN_CALLS = {
  "signin.start": start,
  "signin.frames": frames,
  "signin.type": type,
  "signin.stop": stop,
  "signin.capture": capture,
  "browser.state": stateGet,
  "browser.putState": statePut,
} as const;
