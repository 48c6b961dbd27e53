import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Vm } from "@browservm/contract";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { execIn, shIn } from "./in-guest.ts";
import { signinStory } from "./signin-story.ts";

let host: HostUnderTest;
let browser: Vm;
let other: Vm;

beforeAll(async () => {
  host = await HostUnderTest.start({ env: { BROWSERVM_VMM__DRIVER: "container" } });
  [browser, other] = await Promise.all([host.vm({ image: "browser" }), host.vm({ image: "tiny" })]);
  expect(browser.reason).toBeUndefined();
});
afterAll(() => host[Symbol.asyncDispose]());

/** How a command of root's in a guest ends. */
const statusOf = async (vm: Vm, script: string) => {
  const { end } = await execIn(host, vm.id, { command: ["sh", "-c", script], user: "root" });
  return end?.type === "exit" ? end.code : end;
};

describe("a browser in a container", () => {
  test("is called a container wherever it is told of, and never silently", async () => {
    expect(browser).toMatchObject({ driver: "container", isolation: "container", accelerator: "none" });
    const { accelerator, isolation, snapshots } = await host.client.getHost();
    expect(isolation).toBe("container");
    expect(accelerator.reason).toMatch(/^crun [\d.]+: containers share this machine's kernel/);
    expect(snapshots.usable).toBe(false);
    expect(host.log).toMatch(/"level":40[^\n]*containers share this machine's kernel/);
  });

  test("has passed the whole gate, which found the guest's end of the veth in the guest", async () => {
    const steps = browser.gate?.steps ?? [];
    expect(steps.map(({ verdict }) => verdict)).toEqual(steps.map(() => "pass"));
    expect(steps.map(({ id }) => id)).toEqual(expect.arrayContaining(["R1", "R3", "R8", "R10"]));
    const attach = JSON.stringify(steps.find(({ id }) => id === "R3")?.evidence);
    expect(attach).toContain("peer up");
    expect(attach).toContain(browser.address?.mac);
  });

  test("shows a picture", async () => {
    const png = PNG.sync.read(Buffer.from(await host.client.screenshot(browser.id)));
    const colours = new Set(png.data.toString("hex").match(/.{8}/g));
    expect(png.width).toBe(1280);
    expect(colours.size).toBeGreaterThan(20);
  });

  test("has npm for its user, which tools are installed with", async () => {
    const { end } = await execIn(host, browser.id, { command: ["npm", "--version"], user: "browser" });
    expect(end).toMatchObject({ type: "exit", code: 0 });
  });

  test("keeps Chromium's own sandbox: its renderers have namespaces, a filter and no rights", async () => {
    const pid = await shIn(host, browser.id, "pgrep -f -- --type=renderer | head -1");
    const status = await shIn(host, browser.id, `cat /proc/${pid}/status`);
    expect(status).toMatch(/^Uid:\s+1000\s+1000/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    // The container's filter, and Chromium's own.
    expect(Number(/^Seccomp_filters:\s+(\d+)$/m.exec(status)?.[1])).toBeGreaterThan(1);
    for (const kind of ["user", "net", "pid"]) {
      const [own, roots] = (
        await shIn(host, browser.id, `readlink /proc/${pid}/ns/${kind} /proc/1/ns/${kind}`)
      ).split("\n");
      expect(own, kind).not.toBe(roots);
    }
  });
});

describe("what holds a container", () => {
  test("its root is nobody on the machine, filtered, and gains no rights", async () => {
    const map = (await shIn(host, other.id, "cat /proc/self/uid_map")).split(/\s+/).map(Number);
    expect(map[0]).toBe(0);
    expect(map[1]).toBeGreaterThanOrEqual(0x7000_0000);
    expect(map[2]).toBe(65_536);
    const another = (await shIn(host, browser.id, "cat /proc/self/uid_map")).split(/\s+/).map(Number);
    expect(Math.abs((another[1] ?? 0) - (map[1] ?? 0))).toBeGreaterThanOrEqual(65_536);
    const status = await shIn(host, other.id, "cat /proc/self/status");
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    // No module, raw I/O, clock, log, kernel program (linux/capability.h: 16, 17, 25, 34, 39).
    const bounding = BigInt(`0x${/^CapBnd:\s+(\w+)$/m.exec(status)?.[1]}`);
    for (const capability of [16n, 17n, 25n, 34n, 39n]) expect((bounding >> capability) & 1n).toBe(0n);
  });

  test.each([
    ["a disk of the machine", "mknod /tmp/disk b 7 0"],
    ["the clock of the machine", "date --set @0"],
    ["where the machine's kernel writes dumps", "echo '|/bin/sh' > /proc/sys/kernel/core_pattern"],
    ["the kernel's log", "dmesg"],
    ["the kernel's memory", "head -c 1 /proc/kcore | grep -q ."],
    ["the kernel's keys", `perl -e 'exit(syscall(250, 0, -3, 0) < 0 ? 1 : 0)'`],
    ["programs in the kernel", `perl -e 'exit(syscall(321, 0, 0, 0) < 0 && $!{EPERM} ? 1 : 0)'`],
    ["the machine's devices", "echo 1 > /sys/class/net/eth0/ifalias"],
    ["the limits of its own group", "echo max > /sys/fs/cgroup/cgroup.max.descendants"],
    [
      "settings of the disk behind its base",
      "mount -o remount,rw /sys; echo 8 > $(ls /sys/block/loop*/queue/read_ahead_kb | head -1)",
    ],
  ])("root there does not reach %s", async (_what, script) => {
    expect(await statusOf(other, script)).not.toBe(0);
  });

  test("what it writes stays on a disk of its own size, and on no other's", async () => {
    await shIn(host, other.id, "echo mine > /usr/share/mark");
    expect(await statusOf(browser, "test -e /usr/share/mark")).toBe(1);
    const kib = Number(await shIn(host, other.id, "df --output=size / | tail -1"));
    expect(kib).toBeLessThanOrEqual(1024 * 1024);
  });

  test("it reaches its gateway, and no other guest", async () => {
    const [there, gateway] = [browser.address?.ip, other.address?.gateway];
    expect(await statusOf(other, `ping -c 1 -W 2 ${gateway}`)).toBe(0);
    expect(await statusOf(other, `ping -c 1 -W 2 ${there}`)).not.toBe(0);
  });

  test("the doctor finds nothing wrong with it", async () => {
    const { verdict, rootCauses } = await host.client.examine(other.id);
    expect({ verdict, rootCauses }).toEqual({ verdict: "healthy", rootCauses: [] });
  });
});

signinStory(() => ({ host, vm: browser }));

describe("the end of containers", () => {
  test("that was asked for is no fault of the network, although the port goes with the guest", async () => {
    await host.client.removeVm(browser.id);
    await sleep(500); // the watch looks 30 ms after each change
    const told = host.log.split("\n").filter((line) => line.includes("network repair"));
    expect(told.filter((line) => line.includes(browser.id))).toEqual([]);
  });

  test("leaves nothing: no process, link, group, mount or loop device, also of one whose init was killed", async () => {
    const children = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const runtime = Number(children(other.pid ?? 0));
    process.kill(Number(children(runtime)), "SIGKILL");
    await expect
      .poll(async () => (await host.client.getVm(other.id)).reason?.code, { timeout: 20_000 })
      .toBe("VMM_DIED");
    await host.client.removeVm(other.id);
    expect(await host.remains()).toEqual(NOTHING);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(host.dir);
    const roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
    const groups = [browser, other].flatMap(({ id }) => roots.map((root) => join(root, "browservm", id)));
    expect(groups.filter(existsSync)).toEqual([]);
    // The kernel lets go of a loop device a moment after its last mount.
    await expect.poll(loopsOfOurs).toEqual([]);
  });
});

/** Files of this test that are still behind a loop device. */
function loopsOfOurs(): string[] {
  const backing = (name: string) => join("/sys/block", name, "loop/backing_file");
  const loops = readdirSync("/sys/block").filter((name) => name.startsWith("loop"));
  return loops
    .map(backing)
    .filter(existsSync)
    .map((path) => readFileSync(path, "utf8").trim())
    .filter((path) => path.startsWith(host.dir));
}
