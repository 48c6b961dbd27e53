import type { DoctorFinding, DoctorReport } from "@browservm/contract";
import { VmId } from "@browservm/contract";

const AT = "2026-01-01T00:00:00.000Z";
export const VM = VmId.parse("vm_00000000000000000001");

/** A finding that passes, with what a test changes. */
export const finding = (code: string, over: Partial<DoctorFinding> = {}): DoctorFinding => ({
  code,
  layer: "tap",
  title: `${code} is in order`,
  verdict: "pass",
  evidence: [],
  suppressedBy: [],
  ...over,
});

/** A fault of one VM that hostd can repair. */
export const orphan = (over: Partial<DoctorFinding> = {}): DoctorFinding =>
  finding("tap-orphan", {
    title: "The TAP is plugged into the bridge",
    verdict: "fail",
    vmId: VM,
    cause: "bv-0 has no master",
    evidence: [{ source: "netlink", subject: "link bv-0", excerpt: "master 0", at: AT }],
    fix: { kind: "auto", text: "Plug it in.", commands: ["ip link set bv-0 master fcbr0"], risk: "none" },
    ...over,
  });

/** A report of these findings, with the verdict that follows from them. */
export function report(findings: readonly DoctorFinding[], over: Partial<DoctorReport> = {}): DoctorReport {
  const roots = findings.filter(
    ({ verdict, suppressedBy }) => verdict === "fail" && suppressedBy.length === 0,
  );
  const isUnclear = findings.some(({ verdict }) => verdict === "unknown");
  return {
    version: 1,
    runId: "test",
    at: AT,
    subject: "host",
    verdict: roots.length > 0 ? "faults" : isUnclear ? "unknown" : "healthy",
    rootCauses: [...new Set(roots.map(({ code }) => code))],
    findings: [...findings],
    lastSeen: [],
    timing: { snapshotMs: 10, probeMs: 500, totalMs: 900 },
    ...over,
  };
}
