import type { DoctorReport } from "@browservm/contract";
import { Doctor } from "../../packages/host/src/doctor/doctor.ts";
import { atMost, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { Crowd } from "./crowd.ts";
import { summarize } from "./statistics.ts";

const VMS = 250;
const TIMES = 9;
/** A few looks first: code is compiled, neighbours are known. */
const WARM_UP = 2;

export const doctor: Benchmark = {
  name: "doctor",
  title: `One VM's whole path, and a host with ${VMS} VMs, examined`,
  async run({ note }) {
    note(`plugging ${VMS} VMs`);
    await using crowd = await Crowd.gather(VMS);
    const examiner = new Doctor({
      network: crowd.network,
      accelerator: { name: "kvm", driver: "none", reason: "a benchmark" },
      vms: () => crowd.vms,
      directories: async () => [],
    });
    const [first] = crowd.vms;
    note("one VM");
    const one = await examined(() => examiner.examine({ vmId: first?.vmId }));
    note("the host with all of them");
    const all = await examined(() => examiner.examine());
    return measured(one, all);
  },
};

async function examined(look: () => Promise<DoctorReport>): Promise<DoctorReport[]> {
  const reports: DoctorReport[] = [];
  for (let time = 0; time < WARM_UP + TIMES; time++) reports.push(await look());
  const faulty = reports.find(({ verdict }) => verdict !== "healthy");
  if (faulty) throw new Error(`a healthy host was found ${faulty.verdict}: ${complaintsOf(faulty)}`);
  return reports.slice(WARM_UP);
}

const complaintsOf = ({ findings }: DoctorReport): string =>
  findings
    .filter(({ verdict }) => verdict === "fail" || verdict === "unknown")
    .slice(0, 5)
    .map(({ code, cause }) => `${code} (${cause})`)
    .join(", ");

function measured(one: readonly DoctorReport[], all: readonly DoctorReport[]): Measured {
  const summary = (reports: readonly DoctorReport[], pick: (timing: DoctorReport["timing"]) => number) =>
    summarize(reports.map(({ timing }) => pick(timing)));
  const rows = (what: string, reports: readonly DoctorReport[]): Row[] => [
    { what: `${what}: snapshot`, unit: "ms", summary: summary(reports, ({ snapshotMs }) => snapshotMs) },
    { what: `${what}: probes`, unit: "ms", summary: summary(reports, ({ probeMs }) => probeMs) },
    { what: `${what}: all of it`, unit: "ms", summary: summary(reports, ({ totalMs }) => totalMs) },
  ];
  return {
    rows: [...rows("one VM", one), ...rows(`${VMS} VMs`, all)],
    goals: [
      atMost(
        "one VM without its probe, in ms",
        summary(one, (t) => t.totalMs - t.probeMs),
        1000,
      ),
      atMost(
        `${VMS} VMs, all of it, in ms`,
        summary(all, ({ totalMs }) => totalMs),
        5000,
      ),
    ],
    notes: [
      "TAPs, bridge, rules and probes are real; the guests are one thread that answers ARP, ping and HTTP, and an agent in memory.",
    ],
  };
}
