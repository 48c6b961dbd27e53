import type { Pool } from "@browservm/contract";
import type { PoolVm } from "../pools/pool-record.ts";
import { poolStore } from "../pools/pool-store.ts";
import type { TestController } from "./test-controller.ts";

const LOOK_AGAIN_MS = 20;
const FULL_MS = 9000;

/** Makes a pool of tiny VMs and waits until it is full; answers them, the first to be claimed first. */
export async function fullPool(t: TestController, size: number, more: Partial<Pool> = {}): Promise<string[]> {
  const name = more.name ?? "warm";
  await t.admin.pools.set(name, { image: "tiny", size, ...more });
  const deadline = Date.now() + FULL_MS;
  while ((await t.admin.pools.get(name)).ready < size) {
    if (Date.now() > deadline) throw new Error(`pool ${name} was not filled`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  const vms = await t.withStore(poolStore.vms);
  const order = ({ readyAt, vmId }: PoolVm) => `${readyAt} ${vmId}`;
  return vms
    .filter(({ pool, state }) => pool === name && state === "ready")
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ vmId }) => vmId);
}
