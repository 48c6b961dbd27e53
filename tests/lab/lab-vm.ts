import { readdirSync, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Vm, VmAddress, VmId } from "@browservm/contract";
import { slotUid } from "../../packages/host/src/net/names.ts";
import type { FakeChanges } from "../../packages/host/src/vmm/fake/changes.ts";
import type { HostUnderTest } from "../harness/host-under-test.ts";

/** The guest looks every 50 ms, and the VMM's thread has its turn every 100 ms. */
const CHANGE_MS = 200;
/** R9 takes its second look 2 s after `ready`; a fault before that would make the VM fail. */
const SECOND_LOOK_MS = 30_000;

/** One fake VM with a real network stack. */
export class LabVm {
  readonly id: VmId;
  readonly address: VmAddress;
  readonly pid: number;
  /** Path of the guest's network namespace. */
  readonly namespace: string;
  readonly #runDir: string;
  readonly #console: string;

  private constructor(vm: Vm & { address: VmAddress; pid: number }, dir: string) {
    this.id = vm.id;
    this.address = vm.address;
    this.pid = vm.pid;
    this.namespace = namespaceOfGuest(vm.pid);
    this.#runDir = join(dir, "r/vm", vm.id);
    this.#console = join(dir, "s/vms", vm.id, "console.log");
  }

  static async start(host: HostUnderTest): Promise<LabVm> {
    const { id, state, reason } = await host.vm({ image: "tiny", keepFailed: true });
    if (state !== "ready") throw new Error(`a VM of the laboratory is ${state}: ${JSON.stringify(reason)}`);
    const vm = await untilLookedAtAgain(host, id);
    const { address, pid } = vm;
    if (!address || pid === undefined) throw new Error("a ready VM without an address or a pid");
    return new LabVm({ ...vm, address, pid }, host.dir);
  }

  /** Puts these changes in force, instead of all earlier ones. */
  async change(changes: FakeChanges): Promise<void> {
    const path = join(this.#runDir, "changes.json");
    if (Object.keys(changes).length === 0) await rm(path, { force: true });
    else {
      await writeFile(`${path}.new`, JSON.stringify(changes));
      await rename(`${path}.new`, path);
    }
    await sleep(CHANGE_MS);
  }

  names(): Record<string, string> {
    const { tap, ip, mac, gateway, prefix, slot } = this.address;
    const [a, b, c, last = "0"] = ip.split(".");
    const near = (Number(last) & ~7) + (Number(last) % 8 === 6 ? 5 : 6);
    return {
      ...{ tap, ip, mac, gateway, prefix: String(prefix) },
      ...{ pid: String(this.pid), uid: String(slotUid(slot)), console: this.#console },
      /** Another address in the guest's own eighth of the range, and the half that both are in. */
      inRange: `${a}.${b}.${c}.${near}`,
      half: `${a}.${b}.${c}.${Number(last) & 128}/25`,
    };
  }

  namesAsOther(): Record<string, string> {
    return { otherTap: this.address.tap, otherPid: String(this.pid) };
  }
}

async function untilLookedAtAgain(host: HostUnderTest, id: VmId): Promise<Vm> {
  const deadline = Date.now() + SECOND_LOOK_MS;
  while (Date.now() < deadline) {
    const vm = await host.client.getVm(id);
    if (vm.gate?.steps.some((step) => step.id === "R9" && step.verdict === "pass")) return vm;
    await sleep(100);
  }
  throw new Error("a VM was not looked at again");
}

/** The guest is the one thread of the VMM that is not where the VMM itself is. */
function namespaceOfGuest(pid: number): string {
  const inode = (path: string): number => statSync(path).ino;
  const own = inode(`/proc/${pid}/ns/net`);
  const paths = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/ns/net`);
  const path = paths.find((one) => inode(one) !== own);
  if (!path) throw new Error(`VMM ${pid} has no guest with a network`);
  return path;
}
