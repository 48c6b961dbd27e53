import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ipv4, LinkName, MacAddress, VmId } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { VmmSpec } from "../vmm.ts";
import { qemuArguments } from "./command-line.ts";
import { explainStartup } from "./explain-startup.ts";
import { machineFor } from "./machine.ts";
import { memoryArguments } from "./memory.ts";
import { QmpClient } from "./qmp-client.ts";
import { QueryStatus } from "./qmp-message.ts";
import { canReadMemoryOnly, parseQemuVersion, runningVersion } from "./version.ts";

const SPEC: VmmSpec = {
  vmId: VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa"),
  vcpus: 2,
  memoryMib: 2048,
  kernel: "/images/vmlinuz",
  initrd: "/vms/a,b/initrd",
  commandLine: "console=ttyS0 quiet",
  disks: [
    { path: "/images/base.erofs", readOnly: true },
    { path: "/vms/a,b/overlay.img", readOnly: false },
  ],
  address: {
    slot: 7,
    tap: LinkName.parse("bv-7"),
    mac: MacAddress.parse("02:fc:00:00:00:07"),
    ip: Ipv4.parse("192.168.100.9"),
    prefix: 24,
    gateway: Ipv4.parse("192.168.100.1"),
  },
  mtu: 1500,
  uid: 200_007,
  runDir: "/run/browservm/vm/a",
  logs: { console: "/vms/a,b/console.log", vmm: "/vms/a,b/vmm.log" },
  logLimitBytes: 2 * 1024 * 1024,
  accelerator: "tcg",
};
const DEBIAN_12 = parseQemuVersion(
  "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright",
);
const line = (spec: Partial<VmmSpec> = {}, version = DEBIAN_12, arch = "x64") =>
  qemuArguments({ ...SPEC, ...spec }, machineFor(arch), version).join(" ");

describe("QEMU's command line", () => {
  test("gives the guest its disks in order, the base read-only, commas in paths doubled", () => {
    const drive = (index: number, file: string) =>
      `-drive id=disk${index},if=none,format=raw,file.driver=file,file.filename=${file}`;
    expect(line()).toContain(`${drive(0, "/images/base.erofs")},file.auto-read-only=on,readonly=on`);
    expect(line()).toContain(`${drive(1, "/vms/a,,b/overlay.img")},file.auto-read-only=off,cache=unsafe`);
  });

  test("keeps the disk safe under KVM and takes the host's processor", () => {
    expect(line({ accelerator: "kvm" })).toContain("cache=writeback");
    expect(line({ accelerator: "kvm" })).toContain("-accel kvm -cpu host");
    expect(line({ accelerator: "kvm" })).not.toContain("unsafe");
  });

  test("plugs the TAP without scripts, with the planned MAC and MTU", () => {
    expect(line()).toContain("tap,id=net0,ifname=bv-7,script=no,downscript=no");
    expect(line()).toContain("virtio-net-pci,netdev=net0,mac=02:fc:00:00:00:07,host_mtu=1500");
  });

  test("drops to the slot's user in the words of each version", () => {
    expect(line()).toContain("-runas 200007:200007");
    expect(line({}, parseQemuVersion("QEMU emulator version 10.0.2 (Debian)"))).toContain(
      "-run-with user=200007:200007",
    );
    expect(line({}, parseQemuVersion("QEMU emulator version 8.2.2"))).toContain("-runas");
  });

  test("appends to the console, so that it can be cut while it is open", () => {
    expect(line()).toContain("file,id=console,path=/vms/a,,b/console.log,append=on");
  });

  test("boots nothing when it restores: what the guest was booted with is in its memory", () => {
    const restored = line({ restore: { directory: "/frozen", use: "own" } });
    expect(restored).toContain("-incoming defer");
    expect(restored).not.toMatch(/-kernel|-initrd|-append/);
  });

  test("names its memory alike wherever it is, and opens golden memory for reading only where QEMU can", () => {
    const memory = (kind: Parameters<typeof memoryArguments>[1]) => memoryArguments(SPEC, kind).join(" ");
    expect(memory({ kind: "anonymous" })).toBe("-object memory-backend-ram,id=ram0,size=2048M");
    expect(memory({ kind: "written-file", path: "/g,1/memory" })).toContain("mem-path=/g,,1/memory,share=on");
    const view = { kind: "private-view", path: "/g/memory" } as const;
    expect(memory({ ...view, readOnly: true })).toContain("share=off,readonly=on,rom=off");
    expect(memory({ ...view, readOnly: false })).toMatch(/id=ram0,.*share=off$/);
    expect(canReadMemoryOnly({ major: 8, minor: 1, text: "" })).toBe(false);
    expect(canReadMemoryOnly({ major: 8, minor: 2, text: "" })).toBe(true);
  });

  test("asks for the other architecture's machine", () => {
    expect(line({}, DEBIAN_12, "arm64")).toContain("-machine virt,gic-version=max");
    expect(machineFor("arm64").binary).toBe("qemu-system-aarch64");
    expect(() => machineFor("s390x")).toThrow(/s390x/);
  });
});

test("a QEMU that runs says its version as the installed one does", () => {
  const qemu = { major: 7, minor: 2, micro: 22 };
  expect(runningVersion({ qemu, package: "Debian 1:7.2+dfsg-7+deb12u18+b3" })).toEqual(DEBIAN_12);
});

// QEMU 7.2's own words.
test.each([
  [
    "TAP_BUSY",
    "qemu-system-x86_64: -netdev tap,id=net0,ifname=bv-1: could not configure /dev/net/tun (bv-1): Device or resource busy",
  ],
  [
    "TUN_UNAVAILABLE",
    "qemu-system-x86_64: -netdev tap: could not open /dev/net/tun: No such file or directory",
  ],
  [
    "NOT_PRIVILEGED",
    "qemu-system-x86_64: -netdev tap: could not configure /dev/net/tun (bv-1): Operation not permitted",
  ],
  ["KVM_UNAVAILABLE", "Could not access KVM kernel module: Permission denied"],
  [
    "KVM_UNAVAILABLE",
    "qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `ret == cpu->kvm_msr_buf->nmsrs' failed.",
  ],
  [
    "DISK_IN_USE",
    'qemu-system-x86_64: -device virtio-blk-pci,drive=disk1: Failed to get "write" lock\nIs another process using the image [/a/overlay.img]?',
  ],
  ["HOST_OUT_OF_MEMORY", "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory"],
  ["IMAGE_DAMAGED", "qemu: could not load kernel '/images/vmlinuz': No such file or directory"],
  [
    "IMAGE_DAMAGED",
    "qemu-system-x86_64: -drive id=disk0: Could not open '/images/base.erofs': No such file or directory",
  ],
  [
    "SNAPSHOT_MISMATCH",
    "qemu-system-x86_64: Machine type received is 'pc-q35-7.2' and local is 'pc-q35-10.0'\nqemu-system-x86_64: load of migration failed: Invalid argument",
  ],
  [
    "SNAPSHOT_MISMATCH",
    "qemu-system-x86_64: Size mismatch: ram0: 0x10000000 != 0x8000000: Invalid argument\nqemu-system-x86_64: load of migration failed: Invalid argument",
  ],
  [
    "SNAPSHOT_MISMATCH",
    "qemu-system-x86_64: Unknown savevm section or instance 'vmgenid' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices\nqemu-system-x86_64: load of migration failed: Invalid argument",
  ],
  [
    "SNAPSHOT_DAMAGED",
    "qemu-system-x86_64: error while loading state section id 2(ram)\nqemu-system-x86_64: load of migration failed: Input/output error",
  ],
  [
    "SNAPSHOT_DAMAGED",
    "qemu-system-x86_64: Not a migration stream\nqemu-system-x86_64: load of migration failed: Invalid argument",
  ],
  ["VMM_EXITED_EARLY", "qemu-system-x86_64: something nobody has seen before"],
])("QEMU's start-up words become %s", (code, words) => {
  expect(explainStartup(words.split("\n"))).toBe(code);
});

describe("a QMP client", () => {
  const GREETING =
    '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}\r\n';
  let directory: string;
  let path: string;
  let server: Server;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "bvm-qmp-"));
    path = join(directory, "qmp.sock");
  });
  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A monitor that answers each command by `answer`; `qmp_capabilities` is always accepted. */
  function monitor(
    answer: (command: { execute: string; id: number }, socket: Socket) => void,
    greeting = GREETING,
  ) {
    server = createServer((socket) => {
      socket.write(greeting);
      socket.on("data", (bytes) => {
        for (const text of bytes.toString().trim().split("\n")) {
          const command = JSON.parse(text);
          if (command.execute === "qmp_capabilities") socket.write(`{"return": {}, "id": ${command.id}}\r\n`);
          else answer(command, socket);
        }
      });
      socket.on("error", () => {});
    });
    return new Promise<void>((resolve) => server.listen(path, resolve));
  }
  const client = () => QmpClient.connect(path, AbortSignal.timeout(2000));

  test("matches answers to commands by id, past events and out of order", async () => {
    const asked: number[] = [];
    await monitor(({ id }, socket) => {
      asked.push(id);
      if (asked.length < 2) return;
      socket.write(
        '{"event": "NIC_RX_FILTER_CHANGED", "data": {}, "timestamp": {"seconds": 1, "microseconds": 2}}\r\n',
      );
      socket.write('{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "POWERDOWN"}\r\n');
      for (const each of asked.toReversed()) {
        socket.write(`{"return": {"status": "s${each}", "running": true}, "id": ${each}}\r\n`);
      }
    });
    const qmp = await client();
    const both = await Promise.all([
      qmp.execute("query-status", {}, QueryStatus),
      qmp.execute("query-status", {}, QueryStatus),
    ]);
    expect(both.map(({ status }) => status)).toEqual(asked.map((id) => `s${id}`));
    qmp.close();
  });

  test("says a refusal in QEMU's words", async () => {
    await monitor(({ id }, socket) => {
      socket.write(
        `{"error": {"class": "CommandNotFound", "desc": "The command nope has not been found"}, "id": ${id}}\n`,
      );
    });
    const qmp = await client();
    await expect(qmp.execute("nope", {}, QueryStatus)).rejects.toMatchObject({
      code: "VMM_PROTOCOL",
      message: expect.stringContaining("has not been found"),
    });
    qmp.close();
  });

  test.each([
    ["an answer of another shape", (id: number) => `{"return": {"state": 7}, "id": ${id}}\n`, "VMM_PROTOCOL"],
    ["a line that is not JSON", () => "!!!\n", "VMM_PROTOCOL"],
    ["a line without an end", () => "x".repeat(5 * 1024 * 1024), "VMM_PROTOCOL"],
  ])("refuses %s", async (_, words, code) => {
    await monitor(({ id }, socket) => void socket.write(words(id)));
    const qmp = await client();
    await expect(qmp.execute("query-status", {}, QueryStatus)).rejects.toMatchObject({ code });
    qmp.close();
  });

  test("fails what waits when QEMU ends, and afterwards", async () => {
    await monitor((_, socket) => socket.destroy());
    const qmp = await client();
    await expect(qmp.execute("query-status", {}, QueryStatus)).rejects.toMatchObject({ code: "VMM_DIED" });
    await qmp.closed;
    expect(qmp.isOpen).toBe(false);
    await expect(qmp.execute("query-status", {}, QueryStatus)).rejects.toMatchObject({ code: "VMM_DIED" });
  });

  test("gives up on a monitor that says nothing, with its caller's patience", async () => {
    await monitor(() => {}, "");
    await expect(QmpClient.connect(path, AbortSignal.timeout(50))).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });
});
