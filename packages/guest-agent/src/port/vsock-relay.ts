import { spawn } from "node:child_process";
import { type Running, runningChild } from "../process/running.ts";

/** Both are part of systemd, which every image has (systemd-socket-activate(1), systemd-socket-proxyd(8)). */
const ACTIVATE = "/usr/bin/systemd-socket-activate";
const PROXY = "/usr/lib/systemd/systemd-socket-proxyd";

/** Command that listens on a vsock port and passes every connection on to a unix socket. */
export const relayCommand = (port: number, unixSocket: string): { file: string; args: string[] } => ({
  file: ACTIVATE,
  args: [`--listen=vsock::${port}`, PROXY, unixSocket],
});

/** Starts the relay, which should never end; it dies with us. */
export function startRelay(port: number, unixSocket: string): Running {
  const { file, args } = relayCommand(port, unixSocket);
  const relay = spawn("/usr/bin/setpriv", ["--pdeathsig", "KILL", "--", file, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH: "/usr/bin:/bin" },
  });
  return runningChild(relay);
}
