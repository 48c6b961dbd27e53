import { AGENT_PATHS, AGENT_PORT, BrowserVmError, type ErrorCode, SSH_PORT } from "@browservm/contract";
import { request } from "undici";
import { z } from "zod";
import { connectTcp, tcpFailureOf } from "../../../stream/tcp.ts";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";
import { until } from "../until.ts";

const Nonce = z.object({ vmId: z.string().max(64), nonce: z.string().max(128), bootId: z.string().max(64) });

/** A refused port and an unreachable one are different faults: in the first the network works. */
function failureCode(error: unknown): ErrorCode {
  return tcpFailureOf(error) === "refused" ? "GATE_SERVICE_REFUSED" : "GATE_SERVICE_UNREACHABLE";
}

async function connectOrExplain({ address, patience }: GateSubject, port: number, signal: AbortSignal) {
  try {
    return await connectTcp({ ip: address.ip, port, timeoutMs: 2000 * patience, signal });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError(failureCode(error), `TCP ${words}`, { port }, { cause: error });
  }
}

/** Answers with this VM's own nonce and boot, or the address belongs to somebody else. */
async function proveNonce(subject: GateSubject, signal: AbortSignal): Promise<string> {
  (await connectOrExplain(subject, AGENT_PORT, signal)).destroy();
  const url = `http://${subject.address.ip}:${AGENT_PORT}${AGENT_PATHS.nonce}`;
  const { statusCode, body } = await request(url, {
    signal,
    headersTimeout: 2000 * subject.patience,
    bodyTimeout: 2000 * subject.patience,
  });
  const text = (await body.text()).slice(0, 1000);
  if (statusCode !== 200)
    throw new BrowserVmError("GATE_SERVICE_REFUSED", `the agent answers HTTP ${statusCode}: ${text}`);
  const answer = Nonce.safeParse(parseJson(text));
  if (!answer.success)
    throw new BrowserVmError(
      "GATE_WRONG_VM",
      `the answer on :${AGENT_PORT} is not an agent's: ${text.slice(0, 200)}`,
    );
  const { vmId, nonce, bootId } = answer.data;
  if (nonce !== subject.nonce || vmId !== subject.vmId) {
    throw new BrowserVmError(
      "GATE_WRONG_VM",
      `at ${subject.address.ip} answers ${vmId} with another nonce, not ${subject.vmId}`,
    );
  }
  if (bootId !== subject.bootId)
    throw new BrowserVmError(
      "GATE_WRONG_VM",
      `boot ${bootId} answers over the network, boot ${subject.bootId} on the control channel`,
    );
  return `${vmId}, nonce equal, boot ${bootId}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // reported as "not an agent's" answer
  }
}

/** The first line that the SSH server says (RFC 4253 §4.2). */
async function proveSshBanner(subject: GateSubject, signal: AbortSignal): Promise<string> {
  const socket = await connectOrExplain(subject, SSH_PORT, signal);
  try {
    const banner = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new BrowserVmError("GATE_SERVICE_REFUSED", "port 22 is open but says nothing")),
        2000 * subject.patience,
      );
      socket.once("data", (data: Buffer) => {
        clearTimeout(timer);
        resolve(data.toString("latin1", 0, 100).trim());
      });
      socket.once("error", reject);
    });
    if (!banner.startsWith("SSH-2.0-"))
      throw new BrowserVmError(
        "GATE_SERVICE_REFUSED",
        `port 22 says "${banner.slice(0, 60)}", which is not SSH`,
      );
    return banner;
  } finally {
    socket.destroy();
  }
}

export const serviceStep: GateStepDefinition = {
  id: "R7",
  budgetMs: 10_000,
  async prove(subject, { note, signal }) {
    const { ip } = subject.address;
    const nonce = subject.waiting(until(signal, 100, () => proveNonce(subject, signal)));
    // Side by side, for they are two programs of the guest's; told in order.
    const banner = subject.waiting(until(signal, 200, () => proveSshBanner(subject, signal)));
    banner.catch(() => {}); // awaited below, unless the nonce is wrong
    note("http", `http://${ip}:${AGENT_PORT}${AGENT_PATHS.nonce}`, await nonce);
    note("ssh", `${ip}:${SSH_PORT}`, await banner);
    return "pass";
  },
};
