import { once } from "node:events";
import { connect } from "node:net";
import { BrowserVmError } from "@browservm/contract";
import { FreezeAnswer } from "./freeze-server.ts";

/**
 * Has the fake VMM behind this socket freeze into `directory`, and answers what it said; then it stands still, or is
 * about to. VMM_DIED, DEADLINE_EXCEEDED: it said nothing.
 */
export async function askToFreeze(
  path: string,
  directory: string,
  signal: AbortSignal,
): Promise<FreezeAnswer> {
  const socket = connect({ path });
  try {
    await once(socket, "connect", { signal });
    socket.write(`${JSON.stringify({ directory })}\n`);
    // One line, and no end after it: whoever wrote it stands still.
    const [line] = await once(socket, "data", { signal });
    return FreezeAnswer.parse(JSON.parse(String(line)));
  } catch (cause) {
    if (signal.aborted)
      throw new BrowserVmError("DEADLINE_EXCEEDED", "the fake VMM does not freeze", {}, { cause });
    throw new BrowserVmError("VMM_DIED", "the fake VMM ended while it was to freeze", {}, { cause });
  } finally {
    socket.destroy();
  }
}
