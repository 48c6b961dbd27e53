import { describe, expect, test } from "vitest";
import type { VmSight } from "../../sight/vm-sight.ts";
import { codesOf, deadProbe, findingOf, type Overlay, rootsOf, subjectWith } from "../../testing/diagnose.ts";
import { ADDRESS, healthyVm } from "../../testing/healthy-sight.ts";

const vmm = (over: Partial<VmSight["vmm"]>): VmSight["vmm"] => ({ ...healthyVm().vmm, ...over });

const UNREAD = deadProbe({ tap: { rx: 0, tx: 0, rxDropped: 0, txDropped: 3 } });
const NO_CARRIER = { carrier: false, port: { state: 0, isolated: true, learning: true, flood: true } };

const FAULTS: ReadonlyArray<readonly [fault: string, over: Overlay, root: string]> = [
  [
    "the VMM was killed: the TAP is a zombie, the bridge without carrier",
    {
      tap: NO_CARRIER,
      bridge: { carrier: false },
      host: { holders: [] },
      vm: {
        vmm: vmm({ alive: false, processState: undefined, status: undefined, namespaceInode: undefined }),
        probe: undefined,
      },
    },
    "vmm-dead",
  ],
  [
    "the VMM has ended and nobody waited for it",
    { tap: NO_CARRIER, host: { holders: [] }, vm: { vmm: vmm({ processState: "Z" }), probe: UNREAD } },
    "vmm-dead",
  ],
  [
    "the VM has failed because its VMM ended",
    {
      tap: NO_CARRIER,
      host: { holders: [] },
      vm: { state: "failed", vmm: vmm({ alive: false, processState: undefined }), probe: undefined },
    },
    "vmm-dead",
  ],
  ["SIGSTOP", { vm: { vmm: vmm({ processState: "T", status: undefined }), probe: UNREAD } }, "vmm-stopped"],
  ["a debugger holds the VMM", { vm: { vmm: vmm({ processState: "t" }) } }, "vmm-stopped"],
  [
    "the VMM hangs: its monitor is silent and it takes nothing from the TAP",
    { vm: { vmm: vmm({ processState: "D", status: undefined }), probe: UNREAD } },
    "vmm-stopped",
  ],
  ["somebody paused the guest", { vm: { vmm: vmm({ status: "paused" }), probe: UNREAD } }, "vmm-paused"],
  ["its disk failed", { vm: { vmm: vmm({ status: "io-error" }), probe: UNREAD } }, "vmm-paused"],
  [
    "the VMM lives in another network namespace",
    {
      tap: NO_CARRIER,
      bridge: { carrier: false },
      host: { holders: [] },
      vm: { vmm: vmm({ namespaceInode: "4026532999" }), probe: UNREAD },
    },
    "vmm-namespace",
  ],
];

describe("each fault of the VMM has one root cause", () => {
  test.each(FAULTS)("%s", (_fault, over, root) => {
    expect(rootsOf(subjectWith(over))).toEqual([root]);
  });
});

test("a healthy VM has no finding about its VMM, and nothing is unknown", () => {
  const subject = subjectWith({});
  expect([...codesOf(subject, "fail"), ...codesOf(subject, "warn"), ...codesOf(subject, "unknown")]).toEqual(
    [],
  );
});

test("a dead VMM is told with its last words", () => {
  const dead = vmm({ alive: false, processState: undefined, log: ["starting", "KVM: entry failed"] });
  const finding = findingOf(subjectWith({ vm: { vmm: dead, probe: undefined } }), "vmm-dead");
  expect(finding.cause).toContain("pid 4242");
  expect(finding.evidence.map(({ excerpt }) => excerpt).join()).toContain("KVM: entry failed");
  expect(finding.fix?.kind).toBe("restart");
});

test("a stopped VMM is woken by name", () => {
  const finding = findingOf(subjectWith({ vm: { vmm: vmm({ processState: "T" }) } }), "vmm-stopped");
  expect(finding.fix?.commands).toEqual(["kill -CONT 4242"]);
});

describe("a VMM that takes nothing from its TAP is not accused", () => {
  const silent = vmm({ processState: "S", status: undefined });
  const cases: ReadonlyArray<readonly [why: string, over: Overlay]> = [
    ["when its monitor answers: then the guest takes no packets", { vm: { vmm: vmm({}), probe: UNREAD } }],
    [
      "when tc drops before it",
      {
        host: {
          tcFilters: [{ link: ADDRESS.tap, direction: "egress", words: "filter matchall", drops: true }],
        },
        vm: { vmm: silent, probe: UNREAD },
      },
    ],
    [
      "when another program filters on the bridge",
      {
        host: {
          ruleset: {
            chains: [{ family: "bridge", table: "theirs", name: "out", hook: "output" }],
            rules: [],
            sets: [],
          },
        },
        vm: { vmm: silent, probe: UNREAD },
      },
    ],
    ["when the TAP is on no bridge", { tap: { master: 0 }, vm: { vmm: silent, probe: UNREAD } }],
    ["when its queue has no length", { tap: { txQueueLength: 0 }, vm: { vmm: silent, probe: UNREAD } }],
    [
      "when the bridge sent nothing either",
      { host: { packets: new Map() }, vm: { vmm: silent, probe: UNREAD } },
    ],
    ["when there was no probe", { vm: { vmm: silent, probe: undefined } }],
  ];
  test.each(cases)("%s", (_why, over) => {
    expect(findingOf(subjectWith(over), "vmm-stopped").verdict).toBe("pass");
  });
});

test("a silent monitor is unknown, unless the guest answers and so cannot be paused", () => {
  const silent = vmm({ status: undefined });
  expect(findingOf(subjectWith({ vm: { vmm: silent } }), "vmm-paused").verdict).toBe("pass");
  expect(findingOf(subjectWith({ vm: { vmm: silent, probe: UNREAD } }), "vmm-paused").verdict).toBe(
    "unknown",
  );
});

test("a VM that is meant to be paused is no fault", () => {
  const paused = { state: "paused", vmm: vmm({ status: "paused" }) } as const;
  expect(findingOf(subjectWith({ vm: paused }), "vmm-paused").verdict).toBe("skip");
});

test("a VM without a VMM yet, or one that is being stopped, is not asked", () => {
  const none = vmm({ pid: undefined, alive: false, processState: undefined });
  expect(findingOf(subjectWith({ vm: { state: "booting", vmm: none } }), "vmm-dead").verdict).toBe("skip");
  const ending = vmm({ alive: false, processState: undefined });
  expect(rootsOf(subjectWith({ vm: { state: "stopping", vmm: ending } }))).toEqual([]);
});

test("a namespace that cannot be read is unknown, never a pass", () => {
  const hidden = vmm({ namespaceInode: undefined });
  expect(findingOf(subjectWith({ vm: { vmm: hidden } }), "vmm-namespace").verdict).toBe("unknown");
});
