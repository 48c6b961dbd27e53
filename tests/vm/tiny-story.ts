import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { AGENT_PORT, type GateReport, type Vm } from "@browservm/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { filesOf, sha256, someBytes } from "./files-in-guest.ts";
import { execIn, type InGuestOptions } from "./in-guest.ts";

const exec = promisify(execFile);
/** Every character that an environment file can trip over. */
const GREETING = `it's "quoted" # $HOME \\ \`x\` ünïcode`;

interface TinyStory {
  readonly start: "boot" | "restore";
  /** For hostd. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its kernel is its own, so that it may be brought to a panic. */
  readonly ownKernel?: boolean;
}

/** What a real VM without a browser must do and bear, from the first look to a VMM that is killed, however it began. */
export function tinyStory({ start, env = {}, ownKernel = true }: TinyStory): void {
  let host: HostUnderTest;
  let vm: Vm;

  beforeAll(async () => {
    host = await HostUnderTest.start({ env });
    vm = await host.vm({ image: "tiny", environment: { GREETING }, start });
    expect(vm.reason).toBeUndefined();
    expect(vm.origin).toBe(start === "boot" ? "boot" : "snapshot");
  });

  afterAll(() => host[Symbol.asyncDispose]());

  const inGuest = (command: string[], options: InGuestOptions = {}) =>
    execIn(host, vm.id, { command, ...options });

  /** A command in the namespace that holds the bridge: the host's side of the path. */
  const onHost = (file: string, args: string[]) =>
    exec("nsenter", [`--net=/run/netns/${host.namespace}`, file, ...args]);

  const verdicts = (gate: GateReport | undefined) => gate?.steps.map(({ id, verdict }) => `${id} ${verdict}`);

  async function logs(source: string): Promise<string> {
    return (await host.client.logs(vm.id, { source, lines: 500 }, AbortSignal.timeout(60_000))).text();
  }

  async function overAgentHttp(headers: Record<string, string>, path: string): Promise<number> {
    const { createConnection } = await import("node:net");
    const stream = await host.client.openStream(vm.id, "agent");
    const call = request({
      path,
      headers,
      createConnection: () => stream as ReturnType<typeof createConnection>,
    });
    call.end();
    const [response] = await once(call, "response");
    stream.destroy();
    return response.statusCode;
  }

  describe("a VM that was handed out", () => {
    test("has passed every step of the gate, with evidence", () => {
      const passed = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"].map((id) => `${id} pass`);
      expect(verdicts(vm.gate)).toEqual([...passed, "R10 skip"]);
      for (const step of vm.gate?.steps ?? []) expect(step.evidence.length).toBeGreaterThan(0);
    });

    test("passes the second look too", async () => {
      await expect
        .poll(async () => verdicts((await host.client.getVm(vm.id)).gate)?.at(-1), {
          timeout: 60_000,
          interval: 500,
        })
        .toBe("R9 pass");
    });

    test("runs commands, with output, input, exit status and deadline", async () => {
      expect(await inGuest(["sh", "-c", "echo out; echo err >&2; exit 7"])).toMatchObject({
        end: { type: "exit", code: 7 },
        said: expect.stringMatching(/out[\s\S]*err|err[\s\S]*out/),
      });
      expect((await inGuest(["cat"], { stdin: "through" })).said).toBe("through");
      expect((await inGuest(["id", "-un"])).said).toBe("browser\n");
      expect((await inGuest(["sleep", "60"], { timeoutMs: 1500 })).end).not.toMatchObject({ code: 0 });
      expect((await inGuest(["/no/such/program"])).end).toMatchObject({ type: "error" });
    });

    test("has its session settings, whatever their characters", async () => {
      const { said } = await inGuest(["bash", "-lc", 'printf %s "$GREETING"']);
      expect(said).toBe(GREETING);
      expect((await inGuest(["bash", "-lc", 'printf %s "$SESSION_ID"'])).said).toBe(vm.id);
    });

    test("answers ping and SSH from the host, and reaches its gateway", async () => {
      const dir = await mkdtemp("/tmp/bvt-ssh-");
      await exec("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, "key")]);
      const publicKey = (await readFile(join(dir, "key.pub"), "utf8")).trim();
      const { hostKeys } = await host.client.authorizeKey(vm.id, publicKey);
      const ip = vm.address?.ip ?? "";
      execFileSync("tee", [join(dir, "known")], { input: hostKeys.map((key) => `${ip} ${key}\n`).join("") });
      const options = [
        "-i",
        join(dir, "key"),
        "-o",
        `UserKnownHostsFile=${join(dir, "known")}`,
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "BatchMode=yes",
      ];
      const { stdout } = await onHost("ssh", [...options, `browser@${ip}`, "id -un"]);
      expect(stdout).toBe("browser\n");
      await onHost("ping", ["-c", "3", "-i", "0.2", "-W", "5", ip]);
      expect(
        (await inGuest(["ping", "-c", "1", "-W", "5", vm.address?.gateway ?? ""], { user: "root" })).end,
      ).toMatchObject({ code: 0 });
      await rm(dir, { recursive: true });
    });

    test("refuses a password over SSH", async () => {
      const { stdout } = await inGuest(["/usr/sbin/sshd", "-T"], { user: "root" }).then(({ said }) => ({
        stdout: said,
      }));
      expect(stdout).toMatch(/^passwordauthentication no$/m);
      expect(stdout).toMatch(/^permitemptypasswords no$/m);
    });

    test("tells a closed port from an unreachable one", async () => {
      await expect(host.client.openStream(vm.id, "port-9")).rejects.toMatchObject({
        code: "STREAM_REFUSED",
        details: { answer: "refused" },
      });
      await expect(host.client.openStream(vm.id, "vnc")).rejects.toMatchObject({ code: "STREAM_REFUSED" });
      // What this image, or this version, does not have at all.
      for (const service of ["media", "cdp"])
        await expect(host.client.openStream(vm.id, service)).rejects.toMatchObject({
          code: "STREAM_UNAVAILABLE",
        });
    });

    test("its agent gives nothing but the nonce to one without the token, nor to a page of another name", async () => {
      const own = `${vm.address?.ip}:${AGENT_PORT}`;
      expect(await overAgentHttp({ host: own }, "/nonce")).toBe(200);
      expect(await overAgentHttp({ host: own }, "/health")).toBe(401);
      expect(await overAgentHttp({ host: own, authorization: "Bearer wrong" }, "/health")).toBe(401);
      expect(await overAgentHttp({ host: "evil.example" }, "/nonce")).toBeGreaterThanOrEqual(400);
    });

    test("takes a file of five MiB, lists it, gives it back as it was, and loses it", async () => {
      const files = filesOf(host, vm.id);
      const content = someBytes(5);
      const path = "Downloads/5 MiB.bin";
      expect(await files.put(path, content)).toEqual({ path, size: content.length });
      expect((await files.list("Downloads")).entries).toMatchObject([
        { name: "5 MiB.bin", kind: "file", size: content.length },
      ]);
      expect(sha256(await files.read(path))).toBe(sha256(content));
      expect((await inGuest(["stat", "-c", "%U %a", `/home/browser/${path}`])).said).toBe("browser 644\n");
      await files.remove(path);
      expect((await files.list("Downloads")).entries).toEqual([]);
      // What the person may not read, no file transfer reads: it is refused by the guest's kernel.
      await inGuest(["sh", "-c", "echo s > /home/browser/root-only; chmod 600 /home/browser/root-only"], {
        user: "root",
      });
      await expect(files.read("root-only")).rejects.toMatchObject({ code: "FILE_REFUSED" });
    });

    test("its logs can be read, and hold no secret", async () => {
      // The console of one that was restored begins after its boot.
      expect((await logs("console")).includes("browservm-init")).toBe(start === "boot");
      const [agent, journal] = [await logs("agent"), await logs("journal")];
      expect(journal.length).toBeGreaterThan(100);
      const everything = [agent, journal, await logs("vmm"), host.log].join("\n");
      expect(everything).not.toMatch(/Bearer [\w-]{20,}|"token":"[\w-]{20,}"/);
    });

    test("a screenshot of a VM without a browser is refused by name", async () => {
      await expect(host.client.screenshot(vm.id)).rejects.toMatchObject({ code: "BROWSER_UNAVAILABLE" });
    });
  });

  describe("when hostd is killed", () => {
    test("the VM lives on and is adopted with its gate run again", async () => {
      await host.end("SIGKILL");
      expect(process.kill(vm.pid ?? 0, 0)).toBe(true);
      await onHost("ping", ["-c", "1", "-W", "5", vm.address?.ip ?? ""]);
      await host.startHostd();
      const adopted = await host.settled(vm.id);
      expect(adopted).toMatchObject({
        state: "ready",
        pid: vm.pid,
        bootId: vm.bootId,
        address: vm.address,
        gate: { run: 2, verdict: "pass" },
      });
      expect((await inGuest(["echo", "still here"])).said).toBe("still here\n");
    });

    test("a polite end lets it live as well", async () => {
      await host.end("SIGTERM");
      expect(process.kill(vm.pid ?? 0, 0)).toBe(true);
      await host.startHostd();
      expect((await host.settled(vm.id)).state).toBe("ready");
    });
  });

  describe("the end of a VM", () => {
    if (ownKernel)
      test("a panic in the guest is named", async () => {
        await host.client
          .exec(
            vm.id,
            { command: ["sh", "-c", "echo c > /proc/sysrq-trigger"], user: "root" },
            AbortSignal.timeout(5000),
          )
          .catch(() => {});
        await expect
          .poll(async () => (await host.client.getVm(vm.id)).reason?.code, { timeout: 60_000, interval: 500 })
          .toBe("GUEST_PANICKED");
        await host.client.removeVm(vm.id);
        expect(await host.remains()).toEqual(NOTHING);
      });
    else
      test("a guest that powers off by itself is told as ended, and nothing is left", async () => {
        await inGuest(["systemctl", "--no-block", "poweroff"], { user: "root" }).catch(() => {});
        await expect
          .poll(async () => (await host.client.getVm(vm.id)).reason?.code, { timeout: 30_000, interval: 200 })
          .toBe("VMM_DIED");
        await host.client.removeVm(vm.id);
        expect(await host.remains()).toEqual(NOTHING);
      });

    test("a VMM that was killed from outside is told as such, and nothing is left", async () => {
      const other = await host.vm({ image: "tiny" });
      expect(other.state).toBe("ready");
      process.kill(other.pid ?? 0, "SIGKILL");
      await expect
        .poll(async () => (await host.client.getVm(other.id)).reason?.code, {
          timeout: 30_000,
          interval: 200,
        })
        .toBe("VMM_DIED");
      // A VM in use is told as failed before its evidence is kept and it is taken apart.
      await expect
        .poll(async () => ({ ...(await host.remains()), vms: [] }), { timeout: 30_000, interval: 500 })
        .toEqual(NOTHING);
      await host.client.removeVm(other.id);
      expect(await host.remains()).toEqual(NOTHING);
    });
  });
}
