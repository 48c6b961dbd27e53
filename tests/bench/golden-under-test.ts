import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Config } from "@browservm/contract";
import { openImageStore } from "../../packages/host/src/image/index.ts";
import { openSnapshotStore } from "../../packages/host/src/image/snapshot/file-snapshot-store.ts";
import type { GoldenSnapshot } from "../../packages/host/src/image/snapshot/snapshot.ts";
import { type HostUnderTest, IMAGES } from "../harness/host-under-test.ts";

const BUILD_MS = 900_000;

/** The store that hostd under test reads, too: `IMAGES` is the `images` directory of a state directory. */
export function imageStore() {
  readdirSync(IMAGES); // says by its path that there is none
  return openImageStore(Config.parse({ stateDir: IMAGES.replace(/\/images\/?$/, "") }));
}

/** The golden snapshot of an image's default size, made if it is not there. */
export async function goldenOf(host: HostUnderTest, image: string): Promise<GoldenSnapshot> {
  const { id } = await host.client.makeSnapshot({ image });
  const deadline = Date.now() + BUILD_MS;
  for (;;) {
    const now = (await host.client.listSnapshots()).find((one) => one.id === id);
    if (now?.state === "failed") throw new Error(`${id}: ${now.reason?.message}`);
    if (now?.state === "ready") break;
    if (Date.now() > deadline) throw new Error(`${id} is still ${now?.state} (${now?.step})`);
    await sleep(250);
  }
  const store = openSnapshotStore(Config.parse({ stateDir: `${host.dir}/s` }));
  const found = (await store.list()).find((one) => one.id === id);
  if (!found) throw new Error(`${id} is not in the store`);
  return found;
}
