import { DoctorReport, type VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { type Check, fail, type Judgement, manual, pass, unknown, warn } from "./check.ts";
import { excuseOf, isPathless } from "./excuse.ts";
import { judge } from "./judge.ts";
import { reportOf } from "./report.ts";
import { healthyHost, healthyProbe, healthyVm, VM_ID } from "./testing/healthy-sight.ts";

const HOST = healthyHost();
const TIMING = { snapshotMs: 20.4, probeMs: 50.6, totalMs: 71.2 };

const check = (code: string, answer: Judgement, over: Partial<Check<unknown>> = {}): Check<unknown> => ({
  code,
  layer: "host",
  title: "All is well",
  dependsOn: [],
  breaks: [],
  explanation: { symptom: "s", cause: "c", evidence: "e", fix: manual("look") },
  judge: () => answer,
  ...over,
});
const well = pass("netlink", "link fcbr0", "up");

function report(checks: readonly Check<unknown>[], vmId: VmId | undefined, vm = healthyVm()) {
  const judged = judge(checks, {}, { at: HOST.at, vmId: VM_ID });
  return DoctorReport.parse(reportOf({ vmId, host: HOST, vms: [vm], judged, timing: TIMING }));
}

describe("the verdict", () => {
  test("warnings leave it healthy", () => {
    expect(report([check("a", well), check("b", warn("odd", []))], VM_ID)).toMatchObject({
      verdict: "healthy",
      rootCauses: [],
      subject: "vm",
      vmId: VM_ID,
    });
  });

  test("what could not be looked at is no health", () => {
    expect(report([check("a", well), check("b", unknown("unread", []))], VM_ID).verdict).toBe("unknown");
  });

  test("a fault counts more than something unknown, and each root cause is named once", () => {
    const faulty = [check("a", fail("x", [])), check("a", fail("y", [])), check("b", unknown("unread", []))];
    expect(report(faulty, VM_ID)).toMatchObject({ verdict: "faults", rootCauses: ["a"] });
  });

  test("what is unknown because of a fault adds nothing to it", () => {
    const follows = check("b", unknown("unread", []), { dependsOn: ["a"] });
    const { findings } = report([check("a", fail("x", [])), follows], VM_ID);
    expect(findings[1]?.suppressedBy).toEqual(["a"]);
  });
});

describe("where packets were last seen", () => {
  const dead = check("guest-ping-dead", fail("no ping is answered", []), { shows: "ping" });
  const moved = { rx: 0, tx: 10, rxDropped: 0, txDropped: 0 };
  const probe = healthyProbe({ burst: { kind: "echo", sent: 10, bridge: moved, tap: moved } });

  test("is told of a VM with a symptom that nothing explains", () => {
    expect(report([dead], VM_ID, healthyVm({ probe })).lastSeen).toMatchObject([{ vmId: VM_ID, at: "tap" }]);
  });

  test("is not told where a cause is known", () => {
    const cause = check("vmm-stopped", fail("it is stopped", []), { breaks: ["ping"] });
    expect(report([cause, dead], VM_ID, healthyVm({ probe }))).toMatchObject({
      rootCauses: ["vmm-stopped"],
      lastSeen: [],
    });
  });
});

test("a report of the whole host names what is well of a VM without its evidence", () => {
  const { findings, subject } = report([check("a", well), check("b", fail("x", []))], undefined);
  expect(subject).toBe("host");
  expect(findings[0]).toMatchObject({ verdict: "pass", evidence: [] });
});

describe("what is not asked", () => {
  const tap = { code: "tap-down", layer: "tap" } as const;
  const silent = { code: "guest-silent", layer: "guest" } as const;
  const panic = { code: "guest-panic", layer: "guest" } as const;

  test("nothing of a VM that has no path, or has it no more", () => {
    expect(excuseOf(tap, healthyVm({ state: "creating" }))).toBe("the VM is creating");
    expect(excuseOf(tap, healthyVm({ state: "stopping" }))).toBe("the VM is stopping");
  });

  test.each(["restoring", "pausing", "paused", "resuming"] as const)(
    "nothing of a VM that is %s",
    (state) => {
      expect(excuseOf(tap, healthyVm({ state }))).toBe(`the VM is ${state}`);
      expect(isPathless(state)).toBe(true);
    },
  );

  test("nothing from inside while it boots, but what its console tells", () => {
    const booting = healthyVm({ state: "booting" });
    expect(excuseOf(silent, booting)).toBe("the VM is booting");
    expect(excuseOf(panic, booting)).toBeUndefined();
    expect(excuseOf(tap, booting)).toBeUndefined();
  });

  test("of a failed VM whose VMM is gone, only why it ended", () => {
    const vmm = { ...healthyVm().vmm, alive: false };
    const failed = healthyVm({ state: "failed", vmm, reason: { code: "VMM_DIED", message: "it ended" } });
    expect(excuseOf(tap, failed)).toBe("the VM has failed: it ended");
    expect(excuseOf({ code: "vmm-dead", layer: "vmm" }, failed)).toBeUndefined();
  });

  test("everything is asked of a VM that is ready, and of one whose gate failed but which runs", () => {
    for (const state of ["ready", "verifying", "failed"] as const)
      expect(excuseOf(silent, healthyVm({ state }))).toBeUndefined();
  });
});
