import { type DoctorReport, type VmHealth, VmId } from "@browservm/contract";
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { HealthRounds, type Provable } from "./health-rounds.ts";

const EVERY_MS = 30_000;
const id = (last: number) => VmId.parse(`vm_${"0".repeat(17)}${String(last).padStart(3, "a")}`);

class FakeVm implements Provable {
  readonly vmId: VmId;
  health: VmHealth | undefined;
  proofs = 0;
  isWell = true;
  told: VmHealth[] = [];

  constructor(last: number) {
    this.vmId = id(last);
  }

  async prove(): Promise<void> {
    this.proofs++;
    if (!this.isWell) throw new Error("no answer");
  }

  tell(health: VmHealth): void {
    this.told.push(health);
  }
}

let now: number;
let vms: FakeVm[];
let mends: number;
let onMend: () => void;
let rounds: HealthRounds;
beforeEach(() => {
  now = 1_000_000;
  vms = [new FakeVm(1)];
  mends = 0;
  onMend = () => {};
  const report = { at: new Date(now).toISOString(), verdict: "faults", rootCauses: ["guest-firewall"] };
  rounds = new HealthRounds({
    ready: () => vms,
    everyMs: EVERY_MS,
    mend: async () => {
      mends++;
      onMend();
    },
    examine: async () => report as unknown as DoctorReport,
    log: pino({ level: "silent" }),
    now: () => now,
    settleMs: 1,
  });
});

/** One whole period, in steps of half a second. */
async function period(): Promise<void> {
  for (let step = 0; step < EVERY_MS / 500; step++) {
    now += 500;
    await rounds.tick();
  }
}

test("each VM is proven once in a period, and VMs that came together are spread over it", async () => {
  vms = Array.from({ length: 60 }, (_, index) => new FakeVm(index));
  await rounds.tick();
  let most = 0;
  for (let step = 0; step < EVERY_MS / 500; step++) {
    const before = vms.reduce((sum, { proofs }) => sum + proofs, 0);
    now += 500;
    await rounds.tick();
    most = Math.max(most, vms.reduce((sum, { proofs }) => sum + proofs, 0) - before);
  }
  expect(vms.map(({ proofs }) => proofs)).toEqual(Array(60).fill(1));
  expect(most).toBeLessThan(15);
  expect(vms[0]?.told).toMatchObject([{ verdict: "healthy", codes: [] }]);
});

test("what the watch can mend is healthy again without a word of the doctor", async () => {
  const [vm] = vms;
  if (vm) vm.isWell = false;
  onMend = () => {
    if (vm) vm.isWell = true;
  };
  await rounds.tick();
  await period();
  expect(mends).toBe(1);
  expect(vm?.told).toMatchObject([{ verdict: "healthy" }]);
});

test("what fails still is explained by the doctor's root causes, and healthy is told again afterwards", async () => {
  const [vm] = vms;
  if (vm) vm.isWell = false;
  await rounds.tick();
  await period();
  if (vm) vm.isWell = true;
  await period();
  await period();
  expect(vm?.told.map(({ verdict, codes }) => [verdict, codes])).toEqual([
    ["faults", ["guest-firewall"]],
    ["healthy", []],
    ["healthy", []],
  ]);
});

test("a VM that ended during its proof gets no health, and one that is gone is proven no more", async () => {
  const [vm] = vms;
  if (vm) vm.isWell = false;
  await rounds.tick();
  onMend = () => {
    vms = [];
  };
  await period();
  await period();
  expect(vm?.told).toEqual([]);
  expect(vm?.proofs).toBeGreaterThan(0);
  expect(vm?.proofs).toBeLessThanOrEqual(3);
});
