import { connect } from "node:net";
import type { GuestResult } from "@browservm/contract/guest/calls";

type Answer = GuestResult<"probe.tcp">;

/** errno(3) of connect(2): a refusal came from the target itself, all others mean that it was not reached. */
const REFUSED = new Set(["ECONNREFUSED", "ECONNRESET"]);

/** One TCP connection from inside the guest, closed as soon as it stands. */
export function probeTcp(target: { address: string; port: number; timeoutMs: number }): Promise<Answer> {
  const begun = performance.now();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const socket = connect({ host: target.address, port: target.port });
  const end = (answer: Answer["answer"], errno?: string) => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ answer, ms: performance.now() - begun, ...(errno ? { errno } : {}) });
  };
  const timer = setTimeout(() => end("timeout"), target.timeoutMs);
  socket.once("connect", () => end("open"));
  socket.on("error", ({ code = "UNKNOWN" }: NodeJS.ErrnoException) => end(answerOf(code), code));
  return promise;
}

export function answerOf(errno: string): Answer["answer"] {
  if (REFUSED.has(errno)) return "refused";
  return errno === "ETIMEDOUT" ? "timeout" : "unreachable";
}
