import type { Duplex } from "node:stream";
import type { GateStepId, VmAddress, VmId } from "@browservm/contract";
import type { Guest } from "../../guest/guest.ts";
import type { PortKind } from "../facts.ts";
import type { HostNetwork } from "../host-network.ts";
import type { Note } from "./evidence.ts";

/** The VM under proof, and what the steps may look at. */
export interface GateSubject {
  readonly vmId: VmId;
  readonly address: VmAddress;
  readonly ownerUid: number;
  readonly vmmPid: number;
  readonly port: PortKind;
  readonly network: HostNetwork;
  readonly guest: Guest;
  /** What hello told the agent to answer on :8080, and the boot that it answered from. */
  readonly nonce: string;
  readonly bootId: string;
  readonly hasBrowser: boolean;
  /** Whether the browser still shows the image's own page: not in a VM that was in use, nor in a fork of one. */
  readonly showsOwnPage: boolean;
  /** Multiplies every deadline: emulation is about ten times slower. */
  readonly patience: number;
  openVnc(signal: AbortSignal): Promise<Duplex>;
  /** The same promise, while the time counts as the guest's and not as ours. */
  waiting<T>(answer: Promise<T>): Promise<T>;
}

export interface StepContext {
  readonly note: Note;
  readonly signal: AbortSignal;
}

export type StepOutcome = "pass" | { readonly skip: string };

/**
 * One proof. It throws a BrowserVmError whose code says what is wrong; any other throw counts as `unknown`,
 * which is not a pass either.
 */
export interface GateStepDefinition {
  readonly id: GateStepId;
  /** Milliseconds on a machine with KVM; multiplied by the subject's patience. */
  readonly budgetMs: number;
  prove(subject: GateSubject, context: StepContext): Promise<StepOutcome>;
}
