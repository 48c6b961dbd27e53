import { parentPort } from "node:worker_threads";
import type { ReapAnswer, ReapRequest } from "./link-reaper.ts";
import { deleteGroup } from "./links.ts";
import { NetlinkSocket } from "./netlink-socket.ts";

// A thread is born in the network namespace of the thread that starts it, so this is hostd's own.
const netlink = new NetlinkSocket();

function answer({ id, group }: ReapRequest): ReapAnswer {
  try {
    deleteGroup(netlink, group);
    return { id };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (request: ReapRequest) => parentPort?.postMessage(answer(request)));
