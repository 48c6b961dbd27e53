import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Repair, type VmAddress, type VmId } from "@browservm/contract";
import { pino } from "pino";
import type { LostTap } from "../../packages/host/src/net/keeper.ts";
import type { NetworkWatch } from "../../packages/host/src/net/watch/network-watch.ts";
import type { RepairLog } from "../../packages/host/src/net/watch/repair-log.ts";
import { startWatch } from "../../packages/host/src/net/watch/start-watch.ts";
import { FakeGuest, must } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { openTestNetwork, type TestNetwork } from "./test-network.ts";

interface Told {
  readonly subject: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A network that is made, with the watch over it and one guest in it; disposing looks for leftovers. */
export class WatchUnderTest implements AsyncDisposable {
  readonly test: TestNetwork;
  readonly events: Told[] = [];
  readonly lost: Array<LostTap & { readonly cause: string }> = [];
  readonly watch: NetworkWatch;
  readonly repairs: RepairLog;
  readonly vmId: VmId;
  readonly address: VmAddress;
  readonly guest: FakeGuest;

  private constructor(
    parts: Pick<WatchUnderTest, "test" | "watch" | "repairs" | "vmId" | "address" | "guest">,
  ) {
    this.test = parts.test;
    this.watch = parts.watch;
    this.repairs = parts.repairs;
    this.vmId = parts.vmId;
    this.address = parts.address;
    this.guest = parts.guest;
  }

  static async start(settings: Readonly<Record<string, unknown>> = {}): Promise<WatchUnderTest> {
    const test = await openTestNetwork(settings);
    const { network, config } = test;
    await network.ensure();
    const vmId = newVmId();
    const address = network.reserve(vmId);
    await network.plug(address, 200_000);
    const guest = await FakeGuest.start({ address });
    const events: Told[] = [];
    const lost: WatchUnderTest["lost"] = [];
    const { watch, repairs } = await startWatch({
      config,
      network,
      events: {
        append: (subject, type, data) => {
          events.push({ subject, type, data });
          return { seq: events.length, at: new Date().toISOString(), subject, type, data };
        },
      },
      log: pino({ level: "silent" }),
      onLost: (_id, cause, tap) => lost.push({ ...tap, cause }),
    });
    const started = new WatchUnderTest({ test, watch, repairs, vmId, address, guest });
    return Object.assign(started, { events, lost });
  }

  /** Does `harm`, waits until `code` is told of, and answers the record and the milliseconds since the harm was done. */
  async repairOf(code: string, harm: () => Promise<unknown>): Promise<{ repair: Repair; ms: number }> {
    const known = this.events.length;
    await harm();
    const began = performance.now();
    const told = await this.until(() =>
      this.events.slice(known).find(({ type, data }) => type === "network.repair" && data.code === code),
    );
    return { repair: Repair.parse(told.data), ms: performance.now() - began };
  }

  async until<T>(look: () => T | undefined, timeoutMs = 6000): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(`not seen; told: ${JSON.stringify(this.events, null, 1)}`);
      await sleep(5);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch[Symbol.asyncDispose]();
    await this.guest[Symbol.asyncDispose]();
    await this.test[Symbol.asyncDispose]();
  }
}

/** A program that is not ours: it repeats `body`, and init is its parent. Disposing ends it. */
export async function startForeign({ test }: WatchUnderTest, body: string): Promise<AsyncDisposable> {
  const pidFile = `${test.runDir}.pid`;
  const loop = `while :; do ${body}; done`;
  await must("sh", "-c", `setsid -f sh -c 'echo $$ > ${pidFile}; ${loop}' </dev/null >/dev/null 2>&1`);
  return {
    async [Symbol.asyncDispose]() {
      process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
      rmSync(pidFile);
    },
  };
}
