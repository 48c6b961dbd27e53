import { type DoctorFinding, DoctorReport, HostPicture, VmId } from "@browservm/contract";
import type { Port } from "../bridge-troubles.ts";

export const AT = "2026-01-01T00:00:00.000Z";
/** A time some seconds after the others. */
export const later = (seconds: number) => new Date(Date.parse(AT) + seconds * 1000).toISOString();
export const vmId = (number: number) => VmId.parse(`vm_${String(number).padStart(20, "0")}`);

const NO_PACKETS = { rxPackets: 0, txPackets: 0, rxDropped: 0, txDropped: 0 };

/** A port that is well. */
export const port = (name: string, over: Partial<Port> = {}): Port => ({
  name,
  kind: "vm",
  up: true,
  carrier: true,
  forwarding: true,
  isolated: true,
  ...NO_PACKETS,
  ...over,
});

/** A host that is well, with these ports. */
export const picture = (ports: readonly Port[], over: Partial<HostPicture> = {}): HostPicture =>
  HostPicture.parse({
    at: AT,
    bridge: {
      name: "fcbr0",
      up: true,
      carrier: true,
      mac: "02:fc:00:00:00:01",
      mtu: 1500,
      stp: false,
      addresses: ["192.168.100.1/24"],
      ...NO_PACKETS,
    },
    ports,
    unplugged: [],
    rules: "loaded",
    repairs: [],
    ...over,
  });

export const finding = (code: string, over: Partial<Omit<DoctorFinding, "code">> = {}): DoctorFinding => ({
  code,
  layer: "tap",
  title: `${code} is well`,
  verdict: "pass",
  evidence: [],
  suppressedBy: [],
  ...over,
});

export const report = (findings: readonly DoctorFinding[], over: Partial<DoctorReport> = {}): DoctorReport =>
  DoctorReport.parse({
    version: 1,
    runId: "run",
    at: AT,
    subject: "host",
    verdict: findings.some(({ verdict }) => verdict === "fail") ? "faults" : "healthy",
    rootCauses: [],
    findings,
    lastSeen: [],
    timing: { snapshotMs: 1, probeMs: 1, totalMs: 2 },
    ...over,
  });
