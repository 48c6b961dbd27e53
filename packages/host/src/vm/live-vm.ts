import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { AGENT_PORT, type StreamService, type VmAddress, type VmId } from "@browservm/contract";
import type { Guest } from "../guest/guest.ts";
import type { HostNetwork } from "../net/host-network.ts";
import type { GateSubject } from "../net/verify/gate-step.ts";
import type { AgentLine } from "../stream/ask-agent.ts";
import { openGuestStream } from "../stream/guest-stream.ts";
import type { Accelerator, VmMonitor } from "../vmm/vmm.ts";
import { provePath } from "./health/prove-path.ts";
import type { VmRecord } from "./vm-store.ts";
import type { WaitClock } from "./wait-clock.ts";

/** Known to the agent (by hello) and to us, in memory only. A restarted hostd makes new ones. */
export interface VmSecrets {
  readonly nonce: string;
  readonly token: string;
}

export const makeSecrets = (): VmSecrets => ({
  nonce: randomBytes(24).toString("base64url"),
  token: randomBytes(32).toString("base64url"),
});

/** Tabs and address bar cost about five times the CPU to paint (guest-facts.md §3). */
export const browserWindow = (accelerator: Accelerator): "app" | "tabs" =>
  accelerator === "tcg" ? "app" : "tabs";

interface LiveVmParts {
  readonly id: VmId;
  readonly address: VmAddress;
  readonly monitor: VmMonitor;
  readonly guest: Guest;
  readonly secrets: VmSecrets;
  readonly bootId: string;
  readonly hasBrowser: boolean;
  readonly network: HostNetwork;
  readonly ownerUid: number;
  readonly patience: number;
  /** Runs while VMM or guest are waited for. */
  readonly waits: WaitClock;
}

/** A VM whose VMM runs and whose agent has said hello. */
export class LiveVm {
  readonly id: VmId;
  readonly address: VmAddress;
  readonly monitor: VmMonitor;
  readonly guest: Guest;
  readonly bootId: string;
  readonly #parts: LiveVmParts;
  readonly #streams = new Set<Duplex>();

  constructor(parts: LiveVmParts) {
    this.id = parts.id;
    this.address = parts.address;
    this.monitor = parts.monitor;
    this.guest = parts.guest;
    this.bootId = parts.bootId;
    this.#parts = parts;
  }

  /** What hello told the agent to answer on its port. */
  get nonce(): string {
    return this.#parts.secrets.nonce;
  }

  /** What must stand in no file that people get to see. */
  get secretsToHide(): readonly string[] {
    const { nonce, token } = this.#parts.secrets;
    return [nonce, token];
  }

  /** Whether host and guest reach each other, in small. Fails with why not. */
  provePath(): Promise<void> {
    return provePath(this.#parts);
  }

  async openStream(service: StreamService, signal?: AbortSignal): Promise<Duplex> {
    const { address, secrets, patience } = this.#parts;
    const target = { ip: address.ip, token: secrets.token, timeoutMs: 3000 * patience };
    const stream = await openGuestStream(target, service, signal);
    this.#streams.add(stream);
    stream.once("close", () => this.#streams.delete(stream));
    return stream;
  }

  /** A connection to the agent's HTTP, with what it must be told. */
  async openAgentLine(signal: AbortSignal): Promise<AgentLine> {
    const stream = await this.openStream("agent", signal);
    const { address, secrets } = this.#parts;
    return { stream, host: `${address.ip}:${AGENT_PORT}`, token: secrets.token };
  }

  /** Whoever is connected is told so at once: of a guest that is gone without a word they would never hear. */
  closeStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** This VM as the gate sees it. */
  gateSubject({ readyAt, forkOf }: Pick<VmRecord, "readyAt" | "forkOf">): GateSubject {
    const { id, address, guest, network, ownerUid, hasBrowser, patience, bootId, secrets, monitor, waits } =
      this.#parts;
    return {
      vmId: id,
      address,
      ownerUid,
      vmmPid: monitor.record.identity.pid,
      port: monitor.port ?? "tap",
      network,
      guest,
      nonce: secrets.nonce,
      bootId,
      hasBrowser,
      // Somebody has used the browser of a VM that was ready before; a fork begins with the pages of its source.
      showsOwnPage: readyAt === undefined && forkOf === undefined,
      patience,
      openVnc: (signal) => this.openStream("vnc", signal),
      waiting: (answer) => waits.during(answer),
    };
  }

  /** hostd ends, the VM lives on. */
  async detach(): Promise<void> {
    await this.guest[Symbol.asyncDispose]();
    await this.monitor.detach();
  }
}
