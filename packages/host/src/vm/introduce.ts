import { BrowserVmError, ERRORS, type GuestResult, type Reason, type VmId } from "@browservm/contract";
import type { Guest } from "../guest/guest.ts";
import { explainConsole } from "../logs/explain-console.ts";
import { tail } from "../logs/tail.ts";
import type { ExitStatus } from "../process/detached.ts";
import type { VmMonitor } from "../vmm/vmm.ts";
import { browserWindow, type VmSecrets } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";

/** Milliseconds that a guest may take from VMM start to its agent's first word, with KVM. */
const BOOT_BUDGET_MS = 25_000;
const HELLO_BUDGET_MS = 5000;

interface Introduction {
  readonly record: VmRecord;
  readonly monitor: VmMonitor;
  readonly guest: Guest;
  readonly secrets: VmSecrets;
  /** Files that the guest must report as unaltered; empty on adoption. */
  readonly injected: readonly { readonly path: string }[];
  readonly signal: AbortSignal;
}

/** Waits for the agent, tells it who it is, and checks what it says of its files. "Ready" races "died". */
export async function introduce(deps: VmDeps, intro: Introduction): Promise<GuestResult<"hello">> {
  const { monitor, guest, record, signal } = intro;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(BOOT_BUDGET_MS * deps.patience)]);
  const early = monitor.exited.then((exit) => Promise.reject(explainExit(deps, record, exit)));
  early.catch(() => {}); // raced below; once that is won nobody listens
  try {
    await Promise.race([guest.connected(deadline), early]);
  } catch (error) {
    if (signal.aborted || !deadline.aborted) throw await error;
    throw await explainSilence(deps, record);
  }
  const hello = await Promise.race([sayHello(deps, intro), early]);
  checkInjected(intro.injected, hello.injected);
  return hello;
}

function sayHello(
  deps: VmDeps,
  { record, guest, secrets, signal }: Introduction,
): Promise<GuestResult<"hello">> {
  const { width, height } = record.spec.display;
  return guest.call(
    "hello",
    {
      vmId: record.id,
      nonce: secrets.nonce,
      token: secrets.token,
      hostTime: new Date().toISOString(),
      display: { width, height },
      browserWindow: browserWindow(record.accelerator),
    },
    { timeoutMs: HELLO_BUDGET_MS * deps.patience, signal },
  );
}

function checkInjected(sent: Introduction["injected"], told: GuestResult<"hello">["injected"]): void {
  for (const { path } of sent) {
    const state = told.find((file) => file.path === path)?.state ?? "missing";
    if (state !== "ok")
      throw new BrowserVmError("INJECTION_ALTERED", `${path} is ${state} in the guest`, { path, state });
  }
}

/** The VMM ended: what its console and its own words say about why. */
export async function explainExit(deps: VmDeps, record: VmRecord, exit: ExitStatus): Promise<BrowserVmError> {
  const place = deps.places.of(record.id);
  const [console, vmm] = await Promise.all([tail(place.console, 50), tail(place.vmmLog, 20)]);
  const code = explainConsole(console) ?? "VMM_DIED";
  const how = exit.observed ? (exit.signal ?? `exit status ${exit.code}`) : "its end was not observed";
  return new BrowserVmError(code, `the VMM ended (${how})`, {
    console,
    stderr: vmm,
    signal: exit.signal,
    exitCode: exit.code,
  });
}

async function explainSilence(deps: VmDeps, record: VmRecord): Promise<BrowserVmError> {
  const console = await tail(deps.places.of(record.id).console, 50);
  const told = explainConsole(console);
  if (told) return new BrowserVmError(told, "the guest failed while it started", { console });
  if (console.length === 0)
    return new BrowserVmError("GUEST_NEVER_BOOTED", "the console stayed empty", { console });
  return new BrowserVmError(
    "AGENT_UNREACHABLE",
    "the kernel started, but the agent never answered on the control channel",
    { console },
  );
}

/** A panic or an out-of-memory kill on the console is the root of whatever else was seen. */
export async function nameFromConsole(deps: VmDeps, id: VmId, reason: Reason): Promise<Reason> {
  const code = explainConsole(await tail(deps.places.of(id).console, 200));
  if (code === undefined || code === reason.code) return reason;
  const { title, fix } = ERRORS[code];
  return { ...reason, code, message: `${title} (seen as ${reason.code}: ${reason.message})`, fix };
}
