import { apiRoutes, type BodyInput, type Snapshot } from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export type SnapshotOptions = BodyInput<typeof apiRoutes.makeSnapshot>;

/** `/v1/snapshots`: golden snapshots of the machine. Changing them is for admins. */
export class Snapshots {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  async list(options?: CallOptions): Promise<readonly Snapshot[]> {
    return (await this.#client.call(apiRoutes.listSnapshots, {}, options)).data;
  }

  /** Boots an image once and freezes it; one that is there, or under construction, is answered. */
  make(request: SnapshotOptions = {}, options?: CallOptions): Promise<Snapshot> {
    return this.#client.call(apiRoutes.makeSnapshot, { body: request }, options);
  }

  /** SNAPSHOT_NOT_FOUND, SNAPSHOT_IN_USE. */
  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeSnapshot, { params: { id } }, options);
  }
}
