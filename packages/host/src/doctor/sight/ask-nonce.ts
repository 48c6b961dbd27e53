import { AGENT_PATHS, AGENT_PORT } from "@browservm/contract";
import { request } from "undici";
import { z } from "zod";
import type { PathProbe } from "./vm-sight.ts";

const ANSWER_MS = 2000;
const MAX_BYTES = 4096;

const Nonce = z.object({ vmId: z.string().max(64), nonce: z.string().max(128) });

export interface NonceQuestion {
  readonly ip: string;
  readonly vmId: string;
  readonly nonce: string | undefined;
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Whether the one who listens at the VM's address is the VM that was told this nonce over the control channel. */
export async function askNonce(question: NonceQuestion): Promise<PathProbe["toGuest"]["nonce"]> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS * question.patience);
  const signal = AbortSignal.any([question.signal, late.signal]);
  const text = await fetchNonce(question.ip, signal)
    .catch(() => undefined) // silence is an answer, too
    .finally(() => clearTimeout(timer));
  if (text === undefined) return "none";
  const answer = Nonce.safeParse(parseJson(text));
  if (!answer.success) return "other";
  const { vmId, nonce } = answer.data;
  const isOurs = vmId === question.vmId && (question.nonce === undefined || nonce === question.nonce);
  return isOurs ? "ours" : "other";
}

async function fetchNonce(ip: string, signal: AbortSignal): Promise<string> {
  // `reset`: a connection kept alive would outlast the look.
  const { body } = await request(`http://${ip}:${AGENT_PORT}${AGENT_PATHS.nonce}`, { signal, reset: true });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > MAX_BYTES) break; // the iterator's end destroys the body
  }
  return Buffer.concat(chunks).toString("utf8", 0, MAX_BYTES);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // then it is no agent's answer
  }
}
