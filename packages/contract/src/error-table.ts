import { CLIPBOARD_ERRORS } from "./clipboard-errors.ts";
import { PROXY_ERRORS } from "./egress-errors.ts";
import type { ErrorRow } from "./error-row.ts";
import { FILE_ERRORS } from "./file-errors.ts";
import { GATE_ERRORS } from "./gate-errors.ts";
import { NETWORK_ERRORS } from "./network-errors.ts";
import { PEOPLE_ERRORS } from "./people-errors.ts";
import { PROFILE_ERRORS } from "./profile-errors.ts";
import { SIGNIN_ERRORS } from "./signin-errors.ts";
import { SIGNIN_TOOL_ERRORS } from "./signin-tool-errors.ts";
import { SNAPSHOT_ERRORS } from "./snapshot-errors.ts";
import { VAULT_ERRORS } from "./vault-errors.ts";

/** Every failure that a user can meet. `docs/reference/errors.md` is generated from this table. */
export const ERRORS = {
  // -- asking --
  BAD_REQUEST: {
    status: 400,
    title: "the request is not valid",
    fix: "Correct the fields that `details.issues` names.",
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: "the request body is too large",
    fix: "Send less than the limit that `details.limitBytes` names.",
  },
  BAD_CONFIG: {
    status: 500,
    title: "the configuration is not valid",
    fix: "Correct the key that the message names; `browservm config show` lists every key and its source.",
  },
  NOT_FOUND: {
    status: 404,
    title: "there is no such route",
    fix: "See /openapi.json for the routes that exist.",
  },
  UNAUTHENTICATED: {
    status: 401,
    title: "no valid credentials",
    fix: "Open the link that `browservm open` prints, or send `Authorization: Bearer bvm_…`.",
  },
  FORBIDDEN: {
    status: 403,
    title: "these credentials do not allow this",
    fix: "Use a key, or an account, that has the scope which `details.needed` names.",
  },
  ORIGIN_REFUSED: {
    status: 403,
    title: "the request comes from a foreign origin",
    fix: "Open the page under its own address, or set `publicUrl` to the address that you use.",
  },
  CSRF_REFUSED: {
    status: 403,
    title: "the request lacks its CSRF token",
    fix: "Reload the page; API clients use an API key instead of the cookie.",
  },
  LOGIN_TOKEN_SPENT: {
    status: 401,
    title: "this sign-in link was used or has expired",
    fix: "Run `browservm open` for a new one.",
  },
  RATE_LIMITED: {
    status: 429,
    title: "too many requests",
    fix: "Wait for the seconds in `Retry-After`, then try again.",
  },
  SESSION_NOT_FOUND: {
    status: 404,
    title: "there is no such session",
    fix: "`browservm ls` lists the sessions.",
  },
  SESSION_NOT_READY: {
    status: 409,
    title: "the session is not ready",
    fix: "Wait for `ready` (its events say where it is), resume it if it is paused (`browservm resume`), or read its reason if it failed.",
  },
  VIEWER_NOT_FOUND: {
    status: 404,
    title: "there is no such viewer",
    fix: "It may have left: `browservm share ls SESSION` lists who is there.",
  },
  VIEW_LINK_NOT_FOUND: {
    status: 404,
    title: "there is no such link to the live view",
    fix: "It may have expired: `browservm share ls SESSION` lists the links.",
  },
  CONTROL_REFUSED: {
    status: 403,
    title: "this viewer may not do that with the control",
    fix: "Ask its holder for it (`ask`); operators may take it or give it to somebody.",
  },
  TOO_MANY_VIEWERS: {
    status: 429,
    title: "too many viewers look at this session",
    fix: "Close views that nobody needs: `browservm share ls SESSION` lists them, `browservm share kick` sends one away.",
  },
  SESSION_OVER: {
    status: 410,
    title: "the session is over, and its VM is gone",
    fix: "Of a failed one, `browservm doctor SESSION --bundle FILE` has what was kept; start a new session.",
  },
  SESSION_LIMIT: {
    status: 429,
    title: "the limit of sessions is reached",
    fix: "End a session, or raise `limits.sessions`.",
  },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    title: "this Idempotency-Key was used for a different request",
    fix: "Use a fresh key for a different request.",
  },
  // -- the host --
  HOST_UNREACHABLE: {
    status: 503,
    title: "hostd does not answer",
    fix: "Start it with `browservm up`, then look at `browservm doctor`.",
  },
  ALREADY_RUNNING: {
    status: 409,
    title: "BrowserVM is already running on this machine",
    fix: "Use it, or stop it with `browservm down`.",
  },
  NOT_RUNNING: {
    status: 503,
    title: "BrowserVM is not running on this machine",
    fix: "Start it with `browservm up`.",
  },
  PORT_TAKEN: {
    status: 409,
    title: "the port is taken by another program",
    fix: "Stop that program, or set `listen` (BROWSERVM_LISTEN) to a free port.",
  },
  EGRESS_PORT_TAKEN: {
    status: 409,
    title: "the port of our DNS for sessions with an egress policy is taken",
    fix: "Stop the program that listens there: `ss -lntup` names it. Then run `browservm up` again.",
  },
  NOT_PRIVILEGED: {
    status: 403,
    title: "this needs root (CAP_NET_ADMIN)",
    fix: "Run it as root: `sudo ./browservm …`.",
  },
  MACHINE_UNFIT: {
    status: 503,
    title: "this machine is not ready for BrowserVM",
    fix: "`browservm doctor` names each obstacle and its way out.",
  },
  TUN_UNAVAILABLE: {
    status: 503,
    title: "/dev/net/tun cannot be used",
    fix: "Load the module (`modprobe tun`) or, in a container, pass the device in.",
  },
  TOOL_MISSING: {
    status: 503,
    title: "a program that is needed is not installed",
    fix: "Install the Debian package that `details.package` names, or let `./browservm up` do it.",
  },
  COMMAND_FAILED: {
    status: 500,
    title: "a system command failed",
    fix: "Read its last lines in `details.stderr`.",
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    title: "it took longer than its deadline",
    fix: "Look at `details` for the step that did not end; a loaded machine may need `limits.timeoutScale`.",
  },
  CANCELLED: { status: 499, title: "it was cancelled", fix: "Start it again if that was not intended." },
  DISK_FULL: {
    status: 507,
    title: "the disk is full",
    fix: "Free space under the path that `details.path` names, or remove images with `browservm image rm`.",
  },
  STATE_DAMAGED: {
    status: 500,
    title: "the state database cannot be used",
    fix: "Restore it from a copy, or move it away while no VM runs; nothing is guessed from a damaged state.",
  },
  OUTPUT_NOT_WRITTEN: {
    status: 500,
    title: "the file cannot be written",
    fix: "Name a file in a directory that exists and that you may write to.",
  },
  CHECK_NOT_FOUND: {
    status: 404,
    title: "the doctor has no such check",
    fix: "`browservm doctor --explain` without a code lists them all.",
  },
  // -- images --
  IMAGE_NOT_FOUND: {
    status: 404,
    title: "there is no such image",
    fix: "`browservm image ls` lists the images; `browservm image build NAME` makes one.",
  },
  RECIPE_NOT_FOUND: {
    status: 404,
    title: "there is no such recipe",
    fix: "Choose one of the recipes that `details.known` names.",
  },
  RECIPE_INVALID: {
    status: 400,
    title: "the recipe cannot be built as written",
    fix: "Correct what the message names.",
  },
  IMAGE_BUILD_FAILED: {
    status: 500,
    title: "the image build failed",
    fix: "Read the last lines in `details.log`; nothing half-made was kept.",
  },
  IMAGE_DAMAGED: {
    status: 500,
    title: "a file of the image is damaged",
    fix: "Remove the image (`browservm image rm`) and build it again; `details.path` names the file.",
  },
  IMAGE_IN_USE: {
    status: 409,
    title: "the image is in use",
    fix: "End the sessions that `details.vms` names first.",
  },
  ENVIRONMENT_INVALID: {
    status: 400,
    title: "a session setting cannot be passed on",
    fix: "Remove newlines, NUL and other control characters from the value of the key that the message names.",
  },
  // -- VM --
  VM_NOT_FOUND: { status: 404, title: "there is no such VM", fix: "List them with GET /v1/vms." },
  VM_NOT_READY: { status: 409, title: "the VM is not ready", fix: "Wait for its state to be `ready`." },
  VM_CONFLICT: { status: 409, title: "this VM id exists with other settings", fix: "Use a fresh id." },
  VMM_NOT_FOUND: {
    status: 503,
    title: "the VMM program is not installed",
    fix: "Install the Debian package that `details.package` names; Firecracker comes with `browservm setup firecracker`.",
  },
  VMM_UNSUPPORTED: {
    status: 503,
    title: "the installed VMM cannot be used",
    fix: "Run `browservm setup firecracker`, or name a newer one in `vmm.firecracker` and `vmm.jailer`.",
  },
  VMM_REFUSED: {
    status: 500,
    title: "the VMM refused a part of the VM",
    fix: "Its own words are in `details.fault`; `browservm doctor` looks at what it needs.",
  },
  DOWNLOAD_FAILED: {
    status: 502,
    title: "a download failed",
    fix: "Fetch the file that `details.url` names on a machine with internet, and give it with `--archive`.",
  },
  DOWNLOAD_ALTERED: {
    status: 502,
    title: "a download is not the pinned file",
    fix: "Compare its SHA-256 with the one on the release page that `details.page` names; nothing was installed.",
  },
  VMM_EXITED_EARLY: {
    status: 500,
    title: "the VMM ended before the guest was up",
    fix: "Read its last words in `details.stderr`.",
  },
  VMM_DIED: {
    status: 500,
    title: "the VMM process ended without being asked",
    fix: "See `details` (signal, exit code, last lines); start a new session.",
  },
  VMM_PROTOCOL: {
    status: 500,
    title: "the VMM answered something unexpected",
    fix: "Report it with `details`.",
  },
  DISK_IN_USE: {
    status: 409,
    title: "a VM's disk is in use by another process",
    fix: "End the process that `details.stderr` speaks of; two VMMs on one disk would destroy it.",
  },
  HOST_OUT_OF_MEMORY: {
    status: 503,
    title: "the machine has not enough memory for this VM",
    fix: "End sessions, or ask for less memory (`memoryMib`).",
  },
  KVM_UNAVAILABLE: {
    status: 503,
    title: "/dev/kvm cannot boot a guest",
    fix: "Enable virtualization, or let `vmm.accelerator` be `auto` to emulate.",
  },
  GUEST_NEVER_BOOTED: {
    status: 504,
    title: "the guest did not start in time",
    fix: "Read the console tail in `details.console`.",
  },
  GUEST_PANICKED: {
    status: 500,
    title: "the guest's kernel panicked",
    fix: "Read the console tail in `details.console`.",
  },
  GUEST_OUT_OF_MEMORY: {
    status: 500,
    title: "the guest ran out of memory",
    fix: "Give the session more memory (`memoryMib`).",
  },
  AGENT_UNREACHABLE: {
    status: 504,
    title: "the guest's agent does not answer",
    fix: "Read the console tail in `details.console`; start a new session.",
  },
  AGENT_PROTOCOL: {
    status: 502,
    title: "the guest's agent broke the protocol",
    fix: "The VM is not trustworthy any more: end its session.",
  },
  GUEST_CALL_FAILED: {
    status: 502,
    title: "the guest's agent could not do it",
    fix: "Read the guest's own words in `detail`.",
  },
  INJECTION_ALTERED: {
    status: 500,
    title: "a file that was put into the guest is missing or altered",
    fix: "`details.path` names it; build the image again.",
  },
  GATEWAY_UNREACHABLE: {
    status: 503,
    title: "the media gateway does not answer",
    fix: "The page shows the display by VNC meanwhile. See the gateway's log; `browservm up` starts it again.",
  },
  STREAM_UNAVAILABLE: {
    status: 404,
    title: "the guest does not offer this service",
    fix: "Use one of the services that `details.known` names.",
  },
  STREAM_REFUSED: {
    status: 502,
    title: "the guest refused the connection",
    fix: "The network works; the service in the guest is down. See `browservm logs --source journal`.",
  },
  BROWSER_UNAVAILABLE: { status: 409, title: "this VM has no browser", fix: "Use an image with a browser." },
  FRAME_BLANK: {
    status: 500,
    title: "the browser's window shows nothing",
    fix: "See `browservm logs --source agent`.",
  },
  TAP_LOST: {
    status: 500,
    title: "the VM's TAP was deleted while its VMM ran, and cannot be given back",
    fix: "Make a new VM; find who deletes links (see the evidence).",
  },
  EVIDENCE_NOT_FOUND: {
    status: 404,
    title: "nothing was kept of this VM",
    fix: "Evidence is kept for failed VMs only, for `limits.evidenceDays` days.",
  },
  ...NETWORK_ERRORS,
  ...PROXY_ERRORS,
  ...FILE_ERRORS,
  ...CLIPBOARD_ERRORS,
  ...GATE_ERRORS,
  ...SNAPSHOT_ERRORS,
  ...VAULT_ERRORS,
  ...PROFILE_ERRORS,
  ...SIGNIN_ERRORS,
  ...SIGNIN_TOOL_ERRORS,
  ...PEOPLE_ERRORS,
  // -- ours --
  PROTOCOL_ERROR: {
    status: 502,
    title: "two parts of BrowserVM do not understand each other",
    fix: "Check that all parts have the same version.",
  },
  INTERNAL: {
    status: 500,
    title: "a bug in BrowserVM",
    fix: "Report it with the log lines of this request.",
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
