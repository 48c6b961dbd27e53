import { HOST_SUBJECT, type Repair } from "@browservm/contract";
import type { EventLog } from "../../events/event-log.ts";

const KEPT = 50;

/** The last repairs in memory, each also an event of its VM or of the host. */
export class RepairLog {
  readonly #events: Pick<EventLog, "append">;
  #last: readonly Repair[] = [];

  constructor(events: Pick<EventLog, "append">) {
    this.#events = events;
  }

  add(repair: Repair): void {
    this.#last = [repair, ...this.#last].slice(0, KEPT);
    this.#events.append(repair.vmId ?? HOST_SUBJECT, "network.repair", { ...repair });
  }

  /** Newest first. */
  list(): Repair[] {
    return [...this.#last];
  }
}
