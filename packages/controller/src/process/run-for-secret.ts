import { spawn } from "node:child_process";
import { BrowserVmError } from "@browservm/contract";

const MAX_BYTES = 65_536;
const ENVIRONMENT = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/**
 * Runs a program without a shell and answers what it printed. Nothing of that is told when it fails, and it inherits
 * nothing of our environment. VAULT_KEY_UNUSABLE.
 */
export async function runForSecret(command: readonly string[], timeoutMs: number): Promise<Buffer> {
  const [file, ...args] = command;
  if (file === undefined) throw failed("`vault.keyCommand` is empty");
  // In a group of its own, so that what it started ends with it.
  const child = spawn(file, args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "ignore"], detached: true });
  const kill = () => endGroup(child.pid);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    kill();
    late.reject(failed("it takes too long"));
  }, timeoutMs);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", () => reject(failed("the command cannot be started")));
      child.once("close", resolve);
    });
    const done = Promise.all([readBounded(child.stdout, kill), ended]);
    const [output, code] = await Promise.race([done, late.promise]);
    if (code !== 0) throw failed(code === null ? "the command was killed" : `its exit status is ${code}`);
    return output;
  } finally {
    clearTimeout(timer);
    // Who left the group may hold the other end for ever.
    child.stdout.destroy();
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

async function readBounded(stream: AsyncIterable<Buffer>, stop: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      stop();
      break;
    }
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}

const failed = (why: string) => new BrowserVmError("VAULT_KEY_UNUSABLE", `the master key's command: ${why}`);
