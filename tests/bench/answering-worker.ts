// Holds many TAPs as VMMs do and answers for the machines behind them, in a thread of its own so that it does not wait
// for whom it answers.
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { check, POLLIN, sys } from "../../packages/host/src/linux/libc.ts";
import { attachTap } from "../../packages/host/src/linux/tun.ts";
import { answerer, answerFrame } from "./answer-frames.ts";

const POLL_MS = 100;
const POLLFD_BYTES = 8; // struct pollfd { int fd; short events; short revents; }

const Work = z.object({
  machines: z.array(z.object({ tap: z.string(), ip: z.string(), mac: z.string(), body: z.string() })),
  /** One Int32: 1 ends the thread. */
  stop: z.instanceof(SharedArrayBuffer),
});

const { machines, stop } = Work.parse(workerData);
const ended = new Int32Array(stop);
const held = machines.map(({ tap, ip, mac, body }) => ({
  fd: attachTap(tap),
  machine: answerer(ip, mac, body),
}));
const pollfds = Buffer.alloc(held.length * POLLFD_BYTES);
held.forEach(({ fd }, index) => {
  pollfds.writeInt32LE(fd, index * POLLFD_BYTES);
  pollfds.writeInt16LE(POLLIN, index * POLLFD_BYTES + 4);
});
const frame = Buffer.alloc(65_536 + 64);

parentPort?.postMessage("ready");
while (Atomics.load(ended, 0) === 0) {
  // Negative: interrupted by a signal (a profiler's); a descriptor that is bad shows at its read.
  if (sys.poll(pollfds, held.length, POLL_MS) <= 0) continue;
  for (const [index, { fd, machine }] of held.entries()) {
    if (!pollfds.readInt16LE(index * POLLFD_BYTES + 6)) continue;
    const length = check(sys.read(fd, frame, frame.length), "read");
    const answer = answerFrame(frame.subarray(0, length), machine);
    if (answer) sys.write(fd, answer, answer.length);
  }
}
for (const { fd } of held) sys.close(fd);
