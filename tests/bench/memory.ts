import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserVM } from "@browservm/sdk";
import { ControllerUnderTest } from "../harness/controller-under-test.ts";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";
import type { Benchmark, Measured, Row } from "./benchmark.ts";
import { summarize } from "./statistics.ts";

const SESSIONS = 20;
/** Looks at each state, a second apart; V8 gives memory back when it likes. */
const LOOKS = 10;
const SETTLE_MS = 5000;
const LAUNCH_MS = 300_000;
const IMAGE = "silent-gate";

export const memory: Benchmark = {
  name: "memory",
  title: `memory of hostd and controller: idle, and with ${SESSIONS} sessions`,
  async run({ note }) {
    await using undo = new AsyncDisposableStack();
    const images = mkdtempSync("/tmp/bvb-images-");
    undo.defer(() => rmSync(images, { recursive: true }));
    await writeFakeImages(images, { [IMAGE]: "" });
    const host = undo.use(await HostUnderTest.start({ images, env: { BROWSERVM_VMM__DRIVER: "fake" } }));
    const controller = undo.use(await ControllerUnderTest.start(host.dir));
    const pids = { hostd: host.pid, controller: controller.pid };
    note("idle");
    const idle = await lookAt(pids);
    note(`${SESSIONS} sessions`);
    await startSessions(controller.client);
    const busy = await lookAt(pids);
    return report(idle, busy);
  },
};

/** A fake guest holds no TAP, so its gate ends at R3; kept for inspection, its VM stays whole in hostd's memory. */
async function startSessions({ sessions }: BrowserVM): Promise<void> {
  for (let made = 0; made < SESSIONS; made++) await sessions.create({ image: IMAGE, keepFailed: true });
  const deadline = Date.now() + LAUNCH_MS;
  for (;;) {
    const { data } = await sessions.list({ limit: SESSIONS });
    if (data.length === SESSIONS && data.every(({ vm }) => vm?.gate === "fail")) return;
    if (Date.now() > deadline) throw new Error(`the sessions did not get to their gate in ${LAUNCH_MS} ms`);
    await sleep(500);
  }
}

type Program = "hostd" | "controller";
type Look = Record<Program, { pss: number[]; rss: number[] }>;

async function lookAt(pids: Readonly<Record<Program, number>>): Promise<Look> {
  const look: Look = { hostd: { pss: [], rss: [] }, controller: { pss: [], rss: [] } };
  await sleep(SETTLE_MS);
  for (let count = 0; count < LOOKS; count++) {
    for (const program of ["hostd", "controller"] as const) {
      const { pss, rss } = memoryOf(pids[program]);
      look[program].pss.push(pss);
      look[program].rss.push(rss);
    }
    await sleep(1000);
  }
  return look;
}

/** MiB of one process; PSS shares what is shared (Documentation/filesystems/proc.rst, smaps_rollup). */
function memoryOf(pid: number): { pss: number; rss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { pss: mib("Pss"), rss: mib("Rss") };
}

function report(idle: Look, busy: Look): Measured {
  const rows = (["hostd", "controller"] as const).flatMap((program): Row[] => {
    const grown = summarize(busy[program].pss).median - summarize(idle[program].pss).median;
    return [
      { what: `${program} idle, PSS`, unit: "MiB", summary: summarize(idle[program].pss) },
      { what: `${program} idle, RSS`, unit: "MiB", summary: summarize(idle[program].rss) },
      {
        what: `${program} with ${SESSIONS} sessions, PSS`,
        unit: "MiB",
        summary: summarize(busy[program].pss),
      },
      {
        what: `${program} per session, PSS`,
        unit: "KiB",
        summary: summarize([Math.max(0, grown * 1024) / SESSIONS]),
      },
    ];
  });
  return {
    rows,
    goals: [],
    notes: [
      "Fake VMs whose agent answers the control channel. They hold no TAP, so their gate fails at R3 and they are kept for inspection: record, channel and evidence are in memory, the VMM's own memory is not counted.",
      "Growth includes what V8 has not collected yet; it is an upper bound.",
    ],
  };
}
