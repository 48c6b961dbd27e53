import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import {
  Config,
  type GuestCall,
  type GuestParams,
  type GuestResult,
  type VmAddress,
  VmId,
} from "@browservm/contract";
import { pino } from "pino";
import type { DoctorVm } from "../../packages/host/src/doctor/sight/doctor-vm.ts";
import { healthyGuest } from "../../packages/host/src/doctor/testing/healthy-sight.ts";
import type { LinuxNetwork } from "../../packages/host/src/net/linux-network.ts";
import { slotUid } from "../../packages/host/src/net/names.ts";
import { openHostNetwork } from "../../packages/host/src/net/open.ts";
import { slotMigrations } from "../../packages/host/src/net/slots.ts";
import { identify } from "../../packages/host/src/process/identity.ts";
import { openDatabase } from "../../packages/host/src/store/database.ts";

const NONCE = "0".repeat(32);

/** Many VMs without machines on a network as hostd makes it: TAPs, rules and addresses are real, guests only answer. */
export class Crowd implements AsyncDisposable {
  readonly network: LinuxNetwork;
  readonly vms: readonly DoctorVm[];
  readonly #addresses: readonly VmAddress[];
  readonly #db: DatabaseSync;
  readonly #runDir: string;
  readonly #worker: Worker;
  readonly #stop: Int32Array;

  private constructor(parts: {
    network: LinuxNetwork;
    db: DatabaseSync;
    runDir: string;
    members: readonly { vmId: VmId; address: VmAddress }[];
    worker: Worker;
    stop: Int32Array;
  }) {
    const { network, db, runDir, members, worker, stop } = parts;
    this.network = network;
    this.#db = db;
    this.#runDir = runDir;
    this.#worker = worker;
    this.#stop = stop;
    this.#addresses = members.map(({ address }) => address);
    this.vms = members.map((member) => doctorVm(network, member));
  }

  static async gather(count: number): Promise<Crowd> {
    const runDir = mkdtempSync(join(tmpdir(), "browservm-crowd-"));
    const config = Config.parse({ runDir, network: { uplink: "none", cidr: "10.78.0.0/22" } });
    const db = openDatabase(join(runDir, "hostd.db"), slotMigrations);
    const network = await openHostNetwork({ config, db, log: pino({ level: "silent" }), runDir });
    await network.ensure();
    const members = Array.from({ length: count }, (_, index) => {
      const vmId = VmId.parse(`vm_${String(index + 1).padStart(20, "0")}`);
      return { vmId, address: network.reserve(vmId) };
    });
    for (const { address } of members) await network.plug(address, slotUid(address.slot));
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const machines = members.map(({ vmId, address: { tap, ip, mac } }) => {
      return { tap, ip, mac, body: JSON.stringify({ vmId, nonce: NONCE, bootId: "b" }) };
    });
    const worker = new Worker(new URL("./answering-worker.ts", import.meta.url), {
      workerData: { machines, stop: stop.buffer },
    });
    await once(worker, "message");
    return new Crowd({ network, db, runDir, members, worker, stop });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#worker, "exit");
    Atomics.store(this.#stop, 0, 1);
    await gone;
    await this.network.reclaim(new Set());
    for (const { tap } of this.#addresses)
      if (this.network.look.link(tap)) throw new Error(`${tap} was left behind`);
    await this.network.dismantle();
    await this.network[Symbol.asyncDispose]();
    this.#db.close();
    rmSync(this.#runDir, { recursive: true });
  }
}

type Answers = { [C in GuestCall]?: (params: GuestParams<C>) => GuestResult<C> };

function doctorVm({ plan }: LinuxNetwork, { vmId, address }: { vmId: VmId; address: VmAddress }): DoctorVm {
  const { network, services, health } = healthyGuest();
  const [lo] = network.links;
  const { mac, ip, prefix, gateway } = address;
  const eth0 = { name: "eth0", mac, mtu: plan.mtu, up: true, carrier: true, addresses: [`${ip}/${prefix}`] };
  const answers: Answers = {
    "network.get": () => ({
      ...network,
      links: [...(lo ? [lo] : []), eth0],
      routes: [
        { to: "default", via: gateway, dev: "eth0" },
        { to: plan.cidr, dev: "eth0" },
      ],
      neighbours: [{ ip: gateway, mac: plan.bridgeMac, dev: "eth0", state: "REACHABLE" }],
    }),
    "services.status": () => services ?? { units: [], failed: [] },
    "health.get": () => {
      if (!health) throw new Error("no health");
      return health;
    },
    "probe.ping": () => ({ ok: true, ms: 0.1 }),
    "probe.tcp": () => ({ answer: "refused", ms: 0.1 }),
  };
  return {
    vmId,
    state: "ready",
    hasBrowser: false,
    port: "tap",
    identity: identify(process.pid),
    live: {
      monitor: { status: async () => "running" },
      nonce: NONCE,
      guest: {
        async call<C extends GuestCall>(name: C, params: GuestParams<C>): Promise<GuestResult<C>> {
          const answer = answers[name];
          if (!answer) throw new Error(`these guests do not know ${name}`);
          return answer(params);
        },
      },
    },
    logs: { console: "/nonexistent", vmm: "/nonexistent" },
    patience: 1,
  };
}
