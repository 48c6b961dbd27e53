import { z } from "zod";
import { hostRoute } from "../define-route.ts";
import { browserState, webOrigin } from "../guest/browser-state.ts";
import { callbackJob, credentialFiles, signinFrame, toolJob } from "../guest/signin.ts";
import { VmId } from "../ids.ts";
import { HomePath, SecretFile } from "./secrets.ts";

const Params = z.object({ id: VmId });
const ToolParams = z.object({ id: VmId, jobId: z.coerce.number().int().positive() });

/** A credential file that a tool writes, and how it is looked at. */
export const CredentialFiles = credentialFiles().refine(
  (files) =>
    files.every(({ path }) => HomePath.safeParse(path).success) &&
    new Set(files.map(({ path }) => path)).size === files.length,
  "paths must be below the home, each once",
);

export const ListenForCallback = callbackJob().omit({ kind: true });
export const RunSigninTool = toolJob().omit({ kind: true }).extend({ files: CredentialFiles });

/**
 * One line of a job's reply (NDJSON): first `started`, then what the job says, `alive` when it says nothing, and at last
 * `done`, `failed` or `error`. Hanging up ends the job with all that it started.
 */
export const SigninLine = z.union([
  z.object({ type: z.literal("started"), jobId: z.int().positive() }),
  z.object({ type: z.literal("alive") }),
  z.object({ type: z.literal("error"), problem: z.unknown() }),
  signinFrame(),
]);
export type SigninLine = z.infer<typeof SigninLine>;

const JOB_ERRORS = ["VM_NOT_FOUND", "VM_NOT_READY", "GUEST_CALL_FAILED", "AGENT_UNREACHABLE"] as const;

/** The browser of a guest, as far as a sign-in must know: nothing of what it shows. */
export const SigninBrowser = z.object({
  /** Of its process in the guest: another one is another browser. Null: none runs. */
  pid: z.int().nullable(),
  /** Its page has painted since it was navigated by us. */
  painted: z.boolean(),
  /** It shows the page that a browser begins with. */
  atStart: z.boolean(),
});
export type SigninBrowser = z.infer<typeof SigninBrowser>;

/** What a sign-in does in a guest. Its replies hold secrets: nobody logs them. */
export const vmSigninRoutes = {
  listenForCallback: hostRoute({
    method: "POST",
    path: "/v1/vms/:id/signin/callback",
    summary: "Listen on the guest's own loopback for one redirect of its browser",
    params: Params,
    body: ListenForCallback,
    reply: z.unknown(),
    kind: "ndjson",
    errors: JOB_ERRORS,
  }),
  runSigninTool: hostRoute({
    method: "POST",
    path: "/v1/vms/:id/signin/tool",
    summary: "Run a command-line tool that signs in, under a terminal of the guest",
    params: Params,
    body: RunSigninTool,
    reply: z.unknown(),
    kind: "ndjson",
    errors: JOB_ERRORS,
  }),
  typeIntoTool: hostRoute({
    method: "POST",
    path: "/v1/vms/:id/signin/tool/:jobId/type",
    summary: "Type into the terminal of a tool that runs",
    params: ToolParams,
    body: z.strictObject({ text: z.string().min(1).max(8192) }),
    reply: z.object({}),
    errors: JOB_ERRORS,
  }),
  signinBrowser: hostRoute({
    method: "GET",
    path: "/v1/vms/:id/signin/browser",
    summary: "Which browser runs in the guest, if one does",
    params: Params,
    reply: SigninBrowser,
    errors: [...JOB_ERRORS, "BROWSER_UNAVAILABLE"],
  }),
  captureFiles: hostRoute({
    method: "POST",
    path: "/v1/vms/:id/signin/files",
    summary: "Read credential files once they are stable",
    params: Params,
    body: z.strictObject({ files: CredentialFiles }),
    reply: z.object({ files: z.array(SecretFile) }),
    errors: [
      ...JOB_ERRORS,
      "FILE_NOT_FOUND",
      "FILE_REFUSED",
      "FILE_TOO_LARGE",
      "SIGNIN_FILE_MALFORMED",
      "SIGNIN_FILE_UNSTABLE",
    ],
  }),
  captureBrowserState: hostRoute({
    method: "POST",
    path: "/v1/vms/:id/browser-state/capture",
    summary: "Cookies and local storage of some origins",
    params: Params,
    body: z.strictObject({ origins: z.array(webOrigin()).min(1).max(20) }),
    /** `leftOut`: values that are too large for the vault. */
    reply: z.object({ state: browserState(), leftOut: z.int().nonnegative() }),
    errors: [...JOB_ERRORS, "BROWSER_UNAVAILABLE", "FILE_TOO_LARGE"],
  }),
  putBrowserState: hostRoute({
    method: "PUT",
    path: "/v1/vms/:id/browser-state",
    summary: "Give the browser cookies and local storage, for pages that are opened from then on",
    params: Params,
    body: browserState(),
    reply: z.object({ cookies: z.int(), origins: z.int(), refusedCookies: z.int() }),
    errors: [...JOB_ERRORS, "BROWSER_UNAVAILABLE"],
  }),
} as const;
