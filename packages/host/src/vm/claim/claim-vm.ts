import { BrowserVmError, type ClaimVm, type SessionEnvironment } from "@browservm/contract";
import { renderEnvironment } from "../../image/index.ts";
import { isAlive } from "../../process/identity.ts";
import type { LiveVm } from "../live-vm.ts";
import { wantsFreshBrowser } from "../session-files.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";

/**
 * An agent that was silent for longer may be gone. Milliseconds on any machine, for this is no deadline but the age of
 * what we know: an idle agent that is asked every two seconds answers far sooner also where it is emulated, and what
 * patience would excuse here is paid by who was promised a VM that is ready.
 */
const HEARTBEAT_MS = 5000;
/** Of an environment file: what a call carries as base64 (`identity.take`), with room for the file's own lines. */
const MOST_BYTES = 190_000;

/**
 * Hands a ready VM out, in one turn of the event loop and one transaction, by what this machine knows of it: nobody is
 * waited for. Twice by the same is once; true when settings are to be told to its guest. ENVIRONMENT_INVALID,
 * VM_CLAIMED, VM_NOT_READY, VM_UNFIT.
 */
export function claimVm(
  deps: VmDeps,
  { file, ready }: { readonly file: VmFile; readonly ready: () => LiveVm },
  { claim, display, environment, egress }: ClaimVm,
): boolean {
  const { record } = file;
  if (environment) requireSendable(environment);
  if (record.claim?.by === claim) return false;
  if (record.claim)
    throw new BrowserVmError("VM_CLAIMED", `VM ${record.id} was handed out at ${record.claim.at}`);
  const live = ready();
  if (!record.provenAt)
    throw new BrowserVmError("VM_NOT_READY", `VM ${record.id} has not passed its second look yet`, {
      state: record.state,
    });
  requireFit(deps, file, live);
  const { spec } = record;
  const wanted = { display: display ?? spec.display, environment: environment ?? spec.environment };
  const isOther = {
    display: !isSame(wanted.display, spec.display),
    environment: !isSame(wanted.environment, spec.environment),
  };
  const isAny = isOther.display || isOther.environment;
  // Decided now: once the new settings are written down, nobody knows what its browser was started with.
  const freshBrowser = wantsFreshBrowser(spec.environment, wanted.environment);
  file.claimed(claim, {
    spec: { ...spec, ...wanted, ...(egress ? { egress } : {}) },
    ...(isAny ? { settings: { display: isOther.display, freshBrowser } } : {}),
  });
  return isAny;
}

/** A VM that runs is told them over its control channel, which has narrower limits than a boot. */
function requireSendable(environment: SessionEnvironment): void {
  const { length } = renderEnvironment(environment);
  if (length > MOST_BYTES)
    throw new BrowserVmError(
      "ENVIRONMENT_INVALID",
      `these settings have ${length} bytes, and a VM that runs already can be given ${MOST_BYTES}`,
      { bytes: length, most: MOST_BYTES },
    );
}

function requireFit({ network }: VmDeps, { record: { id, vmm } }: VmFile, live: LiveVm): void {
  const { heardAt } = live.guest;
  const silentMs = heardAt === undefined ? Number.POSITIVE_INFINITY : performance.now() - heardAt;
  const failed = [
    ...(vmm && isAlive(vmm.identity) ? [] : ["its VMM has ended"]),
    ...(network.look.link(live.address.tap)?.carrier ? [] : [`${live.address.tap} has no carrier`]),
    ...(silentMs < HEARTBEAT_MS ? [] : [`its agent was last heard ${Math.round(silentMs)} ms ago`]),
  ];
  if (failed.length > 0) throw new BrowserVmError("VM_UNFIT", `VM ${id}: ${failed.join("; ")}`, { failed });
}

const isSame = (a: object, b: object): boolean => {
  const sorted = (value: object) =>
    JSON.stringify(Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
};
