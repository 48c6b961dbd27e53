import { constants } from "node:fs";
import { access, open, readFile, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Config } from "@browservm/contract";
import { run } from "../../process/run.ts";
import type { HostdState, Machine } from "./machine.ts";

const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The machine that this process runs on; whether a BrowserVM runs there is the caller's to know. */
export function linuxMachine(
  config: Config,
  { isRunning, hostd }: { isRunning: boolean; hostd: HostdState },
): Machine {
  return {
    config,
    processor: process.arch,
    uid: process.getuid?.() ?? -1,
    isRunning,
    hostd,
    readText: (path) => readFile(path, "utf8").catch(() => undefined),
    openDevice,
    which,
    output: async (program, args, signal) => (await run(program, args, { signal, timeoutMs: 10_000 })).stdout,
    freeMib,
    tryListen,
  };
}

async function openDevice(path: string): Promise<string> {
  try {
    const file = await open(path, constants.O_RDWR);
    await file.close();
    return "ok";
  } catch (error) {
    return errno(error);
  }
}

async function which(program: string): Promise<string | undefined> {
  for (const directory of SYSTEM_PATH) {
    const path = join(directory, program);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

async function freeMib(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return Math.floor((bavail * bsize) / (1024 * 1024));
  } catch (error) {
    if (errno(error) === "ENOENT" && path !== "/") return freeMib(dirname(path));
    throw error;
  }
}

function tryListen(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errno(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("ok")));
  });
}

function errno(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
