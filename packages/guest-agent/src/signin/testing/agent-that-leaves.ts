import { spawn } from "node:child_process";
import { join } from "node:path";
import { WAITING } from "../orders.ts";
import { WaitingWorker } from "../waiting-worker.ts";

// An agent that starts a worker, says which one it leaves, and ends.
const [, , directory = ""] = process.argv;
const worker = join(import.meta.dirname, "../worker/main.ts");
const waiting = new WaitingWorker({
  directory,
  startWorker: ({ commands, answers }) =>
    spawn(process.execPath, [worker, WAITING], { stdio: [commands, answers, "ignore"], detached: true }),
});
await waiting.prepare();
process.stdout.write(JSON.stringify(waiting.leave()), () => process.exit(0));
