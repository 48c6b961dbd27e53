import type { NewPool } from "@browservm/contract";
import type { PoolVm } from "../pools/pool-record.ts";
import { poolStore } from "../pools/pool-store.ts";
import { TestController } from "./test-controller.ts";

const LOOK_AGAIN_MS = 20;
const FULL_MS = 9000;

/** A controller that fills pools quickly; one for each test, from `start` until it is disposed. */
export class PoolFixture implements AsyncDisposable {
  #t: TestController | undefined;

  async start(): Promise<void> {
    this.#t = await TestController.start({ limits: { sessions: 200, refills: 32 } });
  }

  get t(): TestController {
    if (!this.#t) throw new Error("the controller is only there during a test");
    return this.#t;
  }

  /** How many VMs of that pool may be claimed. */
  async ready(name = "warm"): Promise<number> {
    return (await this.t.admin.pools.get(name)).ready;
  }

  /** Makes a pool of tiny VMs and waits until it is full; answers them, the first to be claimed first. */
  async full(
    size: number,
    { name = "warm", ...spec }: Partial<NewPool> & { name?: string } = {},
  ): Promise<string[]> {
    await this.t.admin.pools.set(name, { image: "tiny", ...spec, size });
    const deadline = Date.now() + FULL_MS;
    while ((await this.ready(name)) < size) {
      if (Date.now() > deadline) throw new Error(`pool ${name} was not filled`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    const vms = await this.t.withStore(poolStore.vms);
    const order = ({ readyAt, vmId }: PoolVm) => `${readyAt} ${vmId}`;
    return vms
      .filter(({ pool, state }) => pool === name && state === "ready")
      .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
      .map(({ vmId }) => vmId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#t?.[Symbol.asyncDispose]();
    this.#t = undefined;
  }
}
