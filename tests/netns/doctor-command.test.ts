import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DoctorFixReport, DoctorReport } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "../cli/clean-machine.ts";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";

const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");

/** Each starts hostd and the command several times. */
const SLOW = { timeout: 240_000 };

let images: string;
beforeAll(async () => {
  images = mkdtempSync(join(tmpdir(), "bvt-images-"));
  await writeFakeImages(images, { real: "fake.net=stack" });
});
afterAll(() => rmSync(images, { recursive: true }));

const start = () =>
  HostUnderTest.start({
    images,
    env: {
      BROWSERVM_VMM__DRIVER: "fake",
      BROWSERVM_NETWORK__HEAL: "never",
      BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.2",
    },
  });

const inside = (host: HostUnderTest, ...command: string[]) =>
  execFileSync("nsenter", [`--net=/run/netns/${host.namespace}`, ...command], { encoding: "utf8" });

/** The command beside a hostd without controller, as root. */
function doctor(host: HostUnderTest, ...args: string[]): Promise<Outcome> {
  const env = {
    PATH: process.env.PATH ?? "",
    BROWSERVM_RUN_DIR: join(host.dir, "r"),
    BROWSERVM_STATE_DIR: join(host.dir, "s"),
    BROWSERVM_NETWORK__UPLINK: "none",
  };
  const options = { env, maxBuffer: 20_000_000 };
  return new Promise((resolve) => {
    const all = ["--disable-warning=ExperimentalWarning", MAIN, "doctor", ...args];
    execFile(process.execPath, all, options, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** What a report says is not in order, and how the command left. */
function told({ status, stdout, stderr }: Outcome) {
  const { findings } = DoctorReport.parse(JSON.parse(stdout || "{}"));
  const troubles = findings.filter(({ verdict }) => verdict === "fail" || verdict === "unknown");
  return {
    status,
    stderr,
    troubles: troubles.map(({ code, verdict, cause }) => `${code} ${verdict}: ${cause}`),
  };
}

/** Three faults that the watch may not heal here. */
function breakThings(host: HostUnderTest, tap: string): void {
  inside(host, "ip", "link", "set", tap, "nomaster");
  inside(host, "ip", "link", "set", "fcbr0", "type", "bridge", "stp_state", "1");
  inside(host, "nft", "delete", "table", "inet", "browservm");
}

test(
  "the command names the fault of a real network, repairs it when asked, and finds it in order",
  SLOW,
  async () => {
    await using host = await start();
    const { id, address } = await host.vm({ image: "real" });
    expect(told(await doctor(host, id))).toEqual({ status: 0, stderr: "", troubles: [] });
    breakThings(host, address?.tap ?? "");
    const sick = await doctor(host, id);
    const report = DoctorReport.parse(JSON.parse(sick.stdout));
    expect([sick.status, report.rootCauses]).toEqual([
      1,
      expect.arrayContaining(["tap-orphan", "bridge-stp", "rules-missing"]),
    ]);
    const fixed = await doctor(host, id, "--fix", "--yes");
    expect([fixed.status, DoctorFixReport.parse(JSON.parse(fixed.stdout)).after?.rootCauses]).toEqual([
      4,
      [],
    ]);
    const whole = DoctorReport.parse(JSON.parse((await doctor(host)).stdout));
    expect(whole.findings.find(({ code }) => code === "hostd-running")?.verdict).toBe("pass");
    expect(whole.findings.filter(({ vmId, verdict }) => vmId === id && verdict === "fail")).toEqual([]);
  },
);

test.each([0, 100])(
  "a repair that dies after %d ms with hostd is finished later, and no harm is done",
  SLOW,
  async (ms) => {
    await using host = await start();
    const { id, address } = await host.vm({ image: "real" });
    breakThings(host, address?.tap ?? "");
    const fixing = host.client.fix({ vmId: id, apply: true }).catch(() => "hostd was gone");
    await sleep(ms);
    await host.end("SIGKILL");
    await fixing;
    await host.startHostd();
    expect((await host.settled(id)).state).toBe("ready");
    const { status, stdout } = await doctor(host, id, "--fix", "--yes");
    expect([0, 4]).toContain(status);
    expect(DoctorFixReport.parse(JSON.parse(stdout)).after?.rootCauses).toEqual([]);
    expect(told(await doctor(host, id))).toEqual({ status: 0, stderr: "", troubles: [] });
  },
);
