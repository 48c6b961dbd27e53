import { createServer } from "node:net";
import { z } from "zod";
import { readChanges } from "./changes.ts";
import { writeFrozen } from "./frozen-file.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { FakeOrders } from "./plan.ts";

/** What hostd's end asks, and what it is answered; one line each. */
const FreezeRequest = z.object({ directory: z.string() });
export const FreezeAnswer = z.union([
  z.object({ frozen: z.literal(true) }),
  z.object({ failed: z.object({ code: z.enum(["DISK_FULL", "VMM_PROTOCOL"]), message: z.string() }) }),
]);
export type FreezeAnswer = z.infer<typeof FreezeAnswer>;

/** Listens for the one thing that the fake's monitor is asked. Afterwards this whole process stands still (SIGSTOP). */
export function serveFreezes(orders: FakeOrders, remember: () => GuestMemory): void {
  if (!orders.monitorSocket) return;
  createServer((socket) => {
    socket.on("error", () => {}); // hostd went away
    socket.once("data", (bytes) => {
      const { freeze = orders.plan.freeze } = readChanges(orders.changes);
      if (freeze === "hang") return;
      const { directory } = FreezeRequest.parse(JSON.parse(bytes.toString()));
      const answer = freeze === "disk-full" ? NO_SPACE : attempt(orders, remember(), directory);
      // Node hands it to the kernel before it returns; nothing of the guest runs between its memory and its stop.
      socket.end(`${JSON.stringify(answer)}\n`);
      process.kill(process.pid, "SIGSTOP");
    });
  }).listen(orders.monitorSocket);
}

const NO_SPACE: FreezeAnswer = {
  failed: { code: "DISK_FULL", message: "ENOSPC: no space left, as planned" },
};

function attempt({ machine, plan }: FakeOrders, memory: GuestMemory, directory: string): FreezeAnswer {
  try {
    if (!machine) throw new Error("the orders name no machine");
    writeFrozen(directory, { machine, plan, memory });
    return { frozen: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = error instanceof Error ? error.message : String(error);
    return { failed: { code: code === "ENOSPC" ? "DISK_FULL" : "VMM_PROTOCOL", message } };
  }
}
