import { accessSync, constants } from "node:fs";
import { isBrowserVmError, paths } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { type Doctor, hostdDoctor } from "./hostd-doctor.ts";

/**
 * Asks the controller; while it is down, root asks hostd itself. NOT_RUNNING, HOST_UNREACHABLE, NOT_PRIVILEGED, and
 * what the one who answers refuses.
 */
export async function withDoctor<T>(context: CliContext, ask: (doctor: Doctor) => Promise<T>): Promise<T> {
  try {
    return await ask(context.client());
  } catch (error) {
    const { hostSocket } = paths(context.config);
    const isElsewhere = Boolean(context.env.BVM_BASE_URL);
    if (!isBrowserVmError(error, "NOT_RUNNING") || isElsewhere || !mayOpen(hostSocket)) throw error;
    await using doctor = hostdDoctor(hostSocket);
    return await ask(doctor);
  }
}

function mayOpen(socket: string): boolean {
  try {
    accessSync(socket, constants.W_OK);
    return true;
  } catch {
    return false; // hostd is not there either, or it is not for us
  }
}
