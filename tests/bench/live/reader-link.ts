import { run } from "../../../packages/host/src/process/run.ts";

const NAME = "bench-reader";

/**
 * A network card for the reader's machine, until disposed: Chromium gathers no candidates of WebRTC from loopback, and the
 * benchmark's namespace has nothing else.
 */
export async function readerLink(): Promise<AsyncDisposable> {
  await run("ip", ["link", "add", NAME, "type", "veth", "peer", "name", `${NAME}-1`]);
  await run("ip", ["addr", "add", "10.77.0.1/24", "dev", NAME]);
  for (const name of [NAME, `${NAME}-1`]) await run("ip", ["link", "set", name, "up"]);
  return {
    async [Symbol.asyncDispose]() {
      await run("ip", ["link", "del", NAME]);
    },
  };
}
