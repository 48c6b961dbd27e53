import {
  type BrowserVmError,
  DoctorFixReport,
  type DoctorReport,
  HostPicture,
  type Repair,
  type SessionId,
  VmId,
} from "@browservm/contract";
import { type Orphan, tellReport } from "./doctor-story.ts";

type Port = HostPicture["ports"][number];
type HostRepair = HostPicture["repairs"][number];

const letters = (number: number) =>
  String(number).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "");
const idOf = (prefix: string, number: number) =>
  `${prefix}_${letters(number).padStart(4, "q")}${"x".repeat(16)}`;

/** The host's network as it is told of: ports with traffic, ills that a test gives it, repairs. */
export class MockHost {
  ports: Port[] = [];
  orphans: Orphan[] = [];
  isBridgeDown = false;
  areRulesMissing = false;
  isGuestUnknown = false;
  /** While set, a repair is tried in vain. */
  isFixInVain = false;
  /** While set, the doctor answers with this error. */
  refusal: BrowserVmError | null = null;
  repairs: HostRepair[] = [];
  looks = 0;
  readonly #startedAt = Date.now();

  constructor() {
    this.ports.push(port("bv-canary", { kind: "canary" }));
  }

  /** Plugs in so many VMs; the first ones belong to sessions. */
  plug(count: number, over: Partial<Port> = {}): void {
    const first = this.ports.length;
    for (let number = first; number < first + count; number += 1)
      this.ports.push(
        port(`bv-${number}`, {
          vmId: VmId.parse(idOf("vm", number)),
          sessionId: idOf("ses", number) as SessionId,
          ...over,
        }),
      );
  }

  /** Pulls a VM's TAP off the bridge. */
  orphan(name: string): void {
    const found = this.ports.find((one) => one.name === name);
    if (!found?.vmId) throw new Error(`no VM is plugged in at ${name}`);
    this.ports = this.ports.filter((one) => one !== found);
    this.orphans.push({ vmId: found.vmId, tap: name });
  }

  repaired(over: Partial<HostRepair> = {}): Repair {
    const repair: HostRepair = {
      at: new Date().toISOString(),
      code: "tap-orphan",
      cause: "bv-2 had lost its bridge",
      step: "plugged bv-2 into fcbr0",
      outcome: "repaired",
      tookMs: 34,
      suspects: [],
      ...over,
    };
    this.repairs.unshift(repair);
    return repair;
  }

  picture(): HostPicture {
    this.looks += 1;
    const seconds = (Date.now() - this.#startedAt) / 1000;
    const ports = this.ports.map((one, index) => flow(one, seconds * (RATES[index % RATES.length] ?? 0)));
    const sum = (key: "rxPackets" | "txPackets") => ports.reduce((total, one) => total + one[key], 0);
    return HostPicture.parse({
      at: new Date().toISOString(),
      bridge: {
        ...port("fcbr0"),
        up: !this.isBridgeDown,
        carrier: !this.isBridgeDown && this.ports.length > 0,
        mac: "02:fc:c0:a8:64:01",
        mtu: 1500,
        stp: false,
        addresses: ["192.168.100.1/24"],
        rxPackets: sum("rxPackets"),
        txPackets: sum("txPackets"),
      },
      ports,
      unplugged: this.orphans.map(({ vmId, tap }) => ({ vmId, tap, exists: true })),
      rules: this.areRulesMissing ? "missing" : "loaded",
      uplink: { name: "bv-up", up: true, carrier: true },
      repairs: this.repairs.slice(0, 50),
    });
  }

  examine({ vmId }: { vmId?: VmId }): DoctorReport {
    if (this.refusal) throw this.refusal;
    const all = [...this.ports, ...this.orphans].flatMap((one) => one.vmId ?? []);
    return tellReport(all, this, vmId);
  }

  fix({ vmId, apply }: { vmId?: VmId; apply: boolean }): DoctorFixReport {
    const before = this.examine(vmId ? { vmId } : {});
    const steps = this.#steps().map((step) => ({
      ...step,
      done: apply && !this.isFixInVain,
      ...(apply && this.isFixInVain ? { error: "Operation not permitted (EPERM)" } : {}),
    }));
    if (!apply) return DoctorFixReport.parse({ before, steps });
    if (!this.isFixInVain) this.#heal();
    return DoctorFixReport.parse({ before, steps, after: this.examine(vmId ? { vmId } : {}) });
  }

  #steps() {
    return [
      ...this.orphans.map(({ tap }) => ({ code: "tap-orphan", words: `Plug ${tap} into fcbr0, isolated` })),
      ...(this.isBridgeDown ? [{ code: "bridge-down", words: "Set fcbr0 up" }] : []),
      ...(this.areRulesMissing ? [{ code: "rules-missing", words: "Load our rules" }] : []),
    ];
  }

  #heal(): void {
    for (const { vmId, tap } of this.orphans) this.ports.push(port(tap, { vmId }));
    this.orphans = [];
    this.isBridgeDown = false;
    this.areRulesMissing = false;
  }
}

/** Packets a second of one port after the other. */
const RATES = [0, 3, 140, 0, 12, 41, 0, 2300, 7] as const;

const flow = (one: Port, packets: number): Port => ({
  ...one,
  rxPackets: one.rxPackets + Math.round(packets * 0.4),
  txPackets: one.txPackets + Math.round(packets * 0.6),
});

const port = (name: string, over: Partial<Port> = {}): Port => ({
  name,
  kind: "vm",
  up: true,
  carrier: true,
  forwarding: true,
  isolated: true,
  rxPackets: 1000,
  txPackets: 1500,
  rxDropped: 0,
  txDropped: 0,
  ...over,
});
