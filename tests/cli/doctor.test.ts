import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type DoctorFinding, DoctorReport, paths, VmId } from "@browservm/contract";
import type { SessionHandle } from "@browservm/sdk";
import { packTar, unpackTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeGateway } from "../../packages/controller/src/testing/fake-gateway.ts";
import { TestController } from "../../packages/controller/src/testing/test-controller.ts";
import type { Outcome } from "./clean-machine.ts";

const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");
const NODE = ["--disable-warning=ExperimentalWarning", MAIN];
const AT = "2026-01-01T00:00:00.000Z";

let t: TestController;
let gateway: FakeGateway;
let session: SessionHandle;
let vmId: VmId;
beforeEach(async () => {
  t = await TestController.start();
  gateway = await FakeGateway.listen(paths(t.config).gatewaySocket);
  session = await t.admin.sessions.create({ image: "tiny", url: "https://example.com/?code=hunter2-url" });
  vmId = VmId.parse((await session.waitFor("ready")).vm?.id);
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await t[Symbol.asyncDispose]();
});

const environment = () => ({
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  BROWSERVM_RUN_DIR: t.config.runDir,
  BROWSERVM_STATE_DIR: t.config.stateDir,
});

function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const options = { env: { ...environment(), ...env }, maxBuffer: 10_000_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [...NODE, "doctor", ...args], options, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const broken = (code: string, over: Partial<DoctorFinding> = {}): DoctorFinding => ({
  code,
  layer: "tap",
  title: "The TAP is plugged into the bridge",
  verdict: "fail",
  vmId,
  cause: "bv-0 has no master",
  evidence: [{ source: "netlink", subject: "link bv-0", excerpt: "master 0", at: AT }],
  fix: { kind: "auto", text: `Repair ${code}`, commands: [], risk: "none" },
  suppressedBy: [],
  ...over,
});

describe("exit status", () => {
  test("0 for a healthy VM, asked by its session or by its own id, with the report as JSON in a pipe", async () => {
    for (const id of [session.id, vmId]) {
      const { status, stdout } = await doctor([id]);
      expect([status, DoctorReport.parse(JSON.parse(stdout))]).toMatchObject([0, { subject: "vm", vmId }]);
    }
  });

  test("1 for faults, 3 for what could not be told", async () => {
    t.host.doctor.findings = [broken("tap-orphan")];
    expect((await doctor([session.id])).status).toBe(1);
    await session.end();
    const over = await doctor([session.id]);
    expect([over.status, over.stderr]).toEqual([3, expect.stringContaining("SESSION_OVER")]);
    await t.host.stop();
    expect((await doctor([vmId])).status).toBe(3);
  });

  test("2 for wrong use: what is no id, what does not exist, options that do not go together", async () => {
    for (const args of [
      ["../etc/passwd"],
      ["ses_aaaaaaaaaaaaaaaaaaaa"],
      ["vm_aaaaaaaaaaaaaaaaaaaa"],
      ["--fix", "--watch"],
      ["--watch", "--bundle", "x"],
      ["--watch", "--every", "0"],
      ["--explain", "tap-orphaned"],
    ])
      expect([args, (await doctor(args)).status]).toEqual([args, 2]);
  });
});

describe("the whole host", () => {
  test("is the machine and what hostd sees, as one report", async () => {
    t.host.doctor.findings = [broken("bridge-down", { layer: "bridge" })];
    const { status, stdout } = await doctor([]);
    const report = DoctorReport.parse(JSON.parse(stdout));
    expect(status).toBe(1);
    expect(report.subject).toBe("host");
    expect(report.rootCauses).toContain("bridge-down");
    const verdicts = Object.fromEntries(report.findings.map(({ code, verdict }) => [code, verdict]));
    // Its own ports are no fault of a machine that runs it.
    expect(verdicts).toMatchObject({ "hostd-running": "pass", "ports-free": "pass", "bridge-down": "fail" });
  });

  test("is asked of hostd itself while the controller is down", async () => {
    t.host.doctor.findings = [broken("bridge-down", { layer: "bridge" })];
    await t.stopController();
    expect(JSON.parse((await doctor([])).stdout).rootCauses).toContain("bridge-down");
    expect((await doctor([vmId])).status).toBe(1);
    const bySession = await doctor([session.id]);
    expect([bySession.status, bySession.stderr]).toEqual([
      3,
      expect.stringContaining("only it knows the VM"),
    ]);
  });

  test("is only the machine while hostd is down, and what was not looked at is no pass", async () => {
    await t.host.stop();
    const { stdout } = await doctor([]);
    const report = DoctorReport.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ subject: "machine", verdict: expect.not.stringMatching("healthy") });
    const silent = report.findings.find(({ code }) => code === "hostd-running");
    expect(silent).toMatchObject({ verdict: "unknown", cause: expect.stringContaining("not looked at") });
  });

  test("before `up` is only the machine, and that hostd is not there is no trouble", async () => {
    const nowhere = { BROWSERVM_RUN_DIR: "/tmp/bvm-cli-none" };
    const report = DoctorReport.parse(JSON.parse((await doctor([], nowhere)).stdout));
    expect(report.subject).toBe("machine");
    expect(report.findings.find(({ code }) => code === "hostd-running")?.verdict).toBe("skip");
  });

  test("is refused to the key of a user, who is told so", async () => {
    const { secret } = await t.admin.createApiKey({ name: "user", role: "user" });
    const env = { BVM_BASE_URL: t.url, BVM_API_KEY: secret };
    const host = await doctor([], env);
    expect([host.status, host.stderr]).toEqual([3, expect.stringContaining("FORBIDDEN")]);
    expect((await doctor([session.id], env)).status).toBe(0);
  });
});

describe("--fix", () => {
  test("only shows what it would do; with --yes it does it and looks again", async () => {
    t.host.doctor.findings = [broken("tap-orphan")];
    const shown = await doctor([session.id, "--fix"]);
    expect([shown.status, JSON.parse(shown.stdout).steps]).toEqual([
      1,
      [{ code: "tap-orphan", words: "Repair tap-orphan", done: false }],
    ]);
    expect((await doctor([session.id])).status).toBe(1);
    const done = await doctor([session.id, "--fix", "--yes"]);
    expect([done.status, JSON.parse(done.stdout).after.verdict]).toEqual([4, "healthy"]);
    expect((await doctor([session.id, "--fix", "--yes"])).status).toBe(0);
  });

  test("leaves 1 when something is left that only people can repair", async () => {
    const fix = {
      kind: "command" as const,
      text: "Allow it.",
      commands: ["ufw allow in on fcbr0"],
      risk: "none",
    };
    t.host.doctor.findings = [broken("tap-orphan"), broken("foreign-input-drop", { layer: "firewall", fix })];
    expect((await doctor(["--fix", "--yes"])).status).toBe(1);
    expect(t.host.doctor.findings.map(({ code }) => code)).toEqual(["foreign-input-drop"]);
  });

  test("that broke off in the middle did no harm: the next one goes on with what is left", async () => {
    t.host.doctor.findings = [broken("tap-down"), broken("tap-orphan")];
    t.host.doctor.diesAfter = 1;
    expect((await doctor([session.id, "--fix", "--yes"])).status).toBe(3);
    t.host.doctor.diesAfter = undefined;
    const second = await doctor([session.id, "--fix", "--yes"]);
    const { steps } = JSON.parse(second.stdout);
    expect([second.status, steps.map(({ code }: { code: string }) => code)]).toEqual([4, ["tap-orphan"]]);
  });

  test("goes on to its end in hostd when its caller is killed", async () => {
    t.host.doctor.findings = [broken("tap-down"), broken("tap-orphan")];
    t.host.doctor.stepMs = 1000;
    const caller = spawn(process.execPath, [...NODE, "doctor", session.id, "--fix", "--yes"], {
      env: environment(),
    });
    await expect.poll(() => t.host.doctor.findings.length, { timeout: 20_000 }).toBe(1);
    caller.kill("SIGKILL");
    await expect.poll(() => t.host.doctor.findings.length, { timeout: 20_000 }).toBe(0);
    expect((await doctor([session.id, "--fix", "--yes"])).status).toBe(0);
  });
});

test("--watch prints the first report, then only what changed, until Ctrl-C", async () => {
  const args = [...NODE, "doctor", session.id, "--watch", "--every", "1"];
  const child = spawn(process.execPath, args, { env: environment() });
  let written = "";
  child.stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString("utf8");
  });
  const lines = () => written.split("\n").filter(Boolean);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await expect.poll(() => lines().length, { timeout: 20_000 }).toBe(1);
  t.host.doctor.findings = [broken("tap-orphan")];
  await expect.poll(() => lines().length, { timeout: 20_000 }).toBe(2);
  t.host.doctor.findings = [];
  await expect.poll(() => lines().length, { timeout: 20_000 }).toBe(3);
  child.kill("SIGINT");
  expect(await exited).toBe(0);
  const changes = lines()
    .slice(1)
    .map((line) => JSON.parse(line));
  expect(changes).toMatchObject([
    { change: "appeared", finding: { code: "tap-orphan" } },
    { change: "gone", finding: { code: "tap-orphan" } },
  ]);
});

test("--explain works with nothing running, and without a code lists every check", async () => {
  const nowhere = { BROWSERVM_RUN_DIR: "/tmp/bvm-cli-none" };
  const one = await doctor(["--explain", "tun-device"], nowhere);
  expect([one.status, JSON.parse(one.stdout)]).toMatchObject([0, { code: "tun-device", layer: "host" }]);
  const all = await doctor(["--explain"], nowhere);
  expect(JSON.parse(all.stdout).data.length).toBeGreaterThan(12);
});

test("--junit goes to a file beside the report, or alone to stdout", async () => {
  t.host.doctor.findings = [broken("tap-orphan")];
  const file = join(t.directory, "doctor.xml");
  const both = await doctor([session.id, "--junit", file]);
  expect(DoctorReport.parse(JSON.parse(both.stdout)).verdict).toBe("faults");
  const alone = await doctor([session.id, "--junit", "-"]);
  expect([alone.status, alone.stdout]).toEqual([1, readFileSync(file, "utf8")]);
  expect(alone.stdout).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>/);
});

describe("--bundle", () => {
  async function plantSecrets(): Promise<Record<string, string>> {
    const logs = join(t.config.stateDir, "logs");
    mkdirSync(logs, { recursive: true });
    writeFileSync(
      join(logs, "hostd.log"),
      `{"msg":"login","password":"hunter2-log","h":"Bearer hunter2.bearer"}\nproxy said hunter2-config\n`,
    );
    t.host.doctor.findings = [
      broken("unit-failed", {
        cause: "the unit said --auth-token hunter2-cause",
        evidence: [{ source: "journal", subject: "app", excerpt: "API_KEY=hunter2-report", at: AT }],
      }),
    ];
    const file = (name: string, body: string | Uint8Array) => ({ header: { name, size: body.length }, body });
    const kept = [
      file("console.log", "export DB_PASSWORD='hunter2-evidence'\nand hunter2-environment\n"),
      file("../../report.json", '{"environment":{"SOME_SECRET":"hunter2-json"},"vm":"bv-0"}'),
      file("core", new Uint8Array([0, 255, ...Buffer.from("hunter2-binary")])),
    ];
    t.host.doctor.evidence.set(vmId, await packTar(kept));
    t.host.emit(vmId, "network.repair", { vmId, cause: "token=hunter2-event" });
    return {
      DEPLOY_TOKEN: "hunter2-environment",
      BROWSERVM_IMAGE__MIRROR: "https://mirror:hunter2-config@deb.example/debian",
    };
  }

  test("holds everything that helps, and no secret", async () => {
    const env = await plantSecrets();
    const file = join(t.directory, "doctor.tar.gz");
    const { status, stderr } = await doctor([session.id, "--bundle", file], env);
    expect([status, stderr]).toEqual([1, expect.stringContaining("secrets redacted")]);
    const tar = gunzipSync(readFileSync(file));
    expect(tar.includes("hunter2")).toBe(false);
    const entries = await unpackTar(tar);
    const texts = new Map(
      entries.map(({ header, data }) => [
        header.name.replace("browservm-doctor/", ""),
        Buffer.from(data ?? []).toString("utf8"),
      ]),
    );
    expect([...texts.keys()].toSorted()).toEqual([
      "config.json",
      "events.json",
      "evidence/console.log",
      "evidence/core.left-out",
      "evidence/report.json",
      "host.json",
      "left-out.txt",
      "logs/hostd.log",
      "network.json",
      "report.json",
      "report.txt",
      "session.json",
      "versions.json",
    ]);
    expect(texts.get("evidence/report.json")).toContain('"vm": "bv-0"');
    expect(texts.get("config.json")).toContain("https://[redacted]@deb.example/debian");
    expect(DoctorReport.parse(JSON.parse(texts.get("report.json") ?? ""))).toMatchObject({ vmId });
    expect(texts.get("left-out.txt")).toContain("logs/web.log: ");
    expect(texts.get("events.json")).toContain("network.repair");
  });

  test("has what was kept of a session that is over, though there is nothing to look at", async () => {
    await plantSecrets();
    await session.end();
    const file = join(t.directory, "doctor.tar");
    const { status } = await doctor([session.id, "--bundle", file]);
    expect(status).toBe(3);
    const names = (await unpackTar(readFileSync(file))).map(({ header }) => header.name);
    expect(names).toContain("browservm-doctor/evidence/console.log");
    expect(names).not.toContain("browservm-doctor/report.json");
  });

  test("is told when it cannot be written", async () => {
    const { status, stderr } = await doctor([session.id, "--bundle", "/nonexistent/x.tar"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("OUTPUT_NOT_WRITTEN")]);
  });
});
