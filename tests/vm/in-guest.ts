import { ExecFrame, type VmId } from "@browservm/contract";
import { expect } from "vitest";
import type { HostUnderTest } from "../harness/host-under-test.ts";

const PATIENCE_MS = 120_000;

export interface InGuestOptions {
  readonly user?: "browser" | "root";
  readonly timeoutMs?: number;
  readonly stdin?: string;
}

/** Runs a command in a guest; answers its end and all that it said. */
export async function execIn(
  { client }: HostUnderTest,
  id: VmId,
  { command, ...options }: InGuestOptions & { readonly command: string[] },
): Promise<{ said: string; end: ExecFrame | undefined }> {
  const reply = await client.exec(id, { command, ...options }, AbortSignal.timeout(PATIENCE_MS));
  const frames = (await reply.text())
    .trim()
    .split("\n")
    .map((line) => ExecFrame.parse(JSON.parse(line)));
  const said = frames
    .map((frame) => (frame.type === "output" ? Buffer.from(frame.data, "base64").toString() : ""))
    .join("");
  return { said, end: frames.at(-1) };
}

/** What a script of root's in a guest says; it must end well. */
export async function shIn(host: HostUnderTest, id: VmId, script: string): Promise<string> {
  const { said, end } = await execIn(host, id, { command: ["sh", "-c", script], user: "root" });
  expect(end, said).toMatchObject({ type: "exit", code: 0 });
  return said.trim();
}
