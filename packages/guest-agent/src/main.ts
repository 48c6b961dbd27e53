import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { GuestChannel } from "@browservm/contract/channel/guest-channel";
import { AGENT_PORT } from "@browservm/contract/guest/agent-http";
import { CHANNEL_PORT_NAME, CHANNEL_SOCKET, CHANNEL_VSOCK_PORT } from "@browservm/contract/guest/calls";
import { GUEST_PATHS } from "@browservm/contract/guest/files";
import * as z from "zod";
import { AgentLog } from "./agent-log.ts";
import { Browser } from "./browser/browser.ts";
import { BROWSER_USER, browserUserEnvironment } from "./browser-user.ts";
import { start } from "./child.ts";
import { Clipboard } from "./display/clipboard.ts";
import { Display, VNC_PORT } from "./display/display.ts";
import { ExecTable } from "./exec/exec-table.ts";
import { makeHandlers } from "./handlers.ts";
import { makeHello } from "./hello.ts";
import { type Heritage, leaveHeritage, takeHeritage } from "./heritage.ts";
import { startSshd } from "./identity/host-key.ts";
import { makeIdentityCalls } from "./identity/identity-calls.ts";
import { Settling } from "./identity/settling.ts";
import { readImageInfo } from "./image-info.ts";
import { mediaHelper } from "./media/start-helper.ts";
import { applyCommandLine, reloadNetworkd } from "./network/apply-network.ts";
import { hastenNeighbours } from "./network/hasten-neighbours.ts";
import type { ControlPort } from "./port/control-port.ts";
import { findPort } from "./port/find-port.ts";
import { hasPlaceFor, hasVsock, SocketPort } from "./port/socket-port.ts";
import { VirtioPort } from "./port/virtio-port.ts";
import { startRelay } from "./port/vsock-relay.ts";
import { type Running, takeOver } from "./process/running.ts";
import { readSessionEnvironment } from "./session-environment.ts";
import { JobTable } from "./signin/job-table.ts";
import { startSigninWorker } from "./signin/start-worker.ts";
import { WaitingWorker } from "./signin/waiting-worker.ts";
import { SoundServer } from "./sound/sound-server.ts";
import { VmIdentity } from "./vm-identity.ts";

const PORT_LOOK_MS = 200;
const VSOCK_SOCKET = "/run/browservm/control.sock";

// Each message is checked once or twice: parsers compiled for that would cost more than they save.
z.config({ jitless: true });

const log = new AgentLog();
process.on("uncaughtException", (error) => die(`a bug: ${error.stack}`));
const identity = new VmIdentity();
const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const sessionEnvironment = () => readSessionEnvironment(GUEST_PATHS.environment);
const heritage = takeHeritage();
const display = new Display(log, heritage?.display);
const clipboard = new Clipboard({ isReady: () => display.isReady, heir: heritage?.clipboard });
const browser = new Browser({
  log,
  heir: heritage?.browser,
  sessionEnvironment,
  onExit: (end) => void channel.note("browser.exited", end),
});
const sound = new SoundServer(log, heritage?.sound);
const media = mediaHelper(log);
const waiting = new WaitingWorker({ heir: heritage?.signinWorker });
const image = readImageInfo(GUEST_PATHS.imageInfo);
const signins = new JobTable({
  home: BROWSER_USER.home,
  shims: GUEST_PATHS.signinShims,
  startWorker: (act) => startSigninWorker(act, sessionEnvironment),
  takeWaiting: () => waiting.take(),
});
const execs = new ExecTable({ note: (note, data) => channel.note(note, data), sessionEnvironment });
const settling = new Settling({
  log,
  isUnsettled: heritage?.isUnsettled ?? false,
  isBusy,
  // The host's gate waits for sshd.
  tell: { sshd: startSshd, networkd: reloadNetworkd },
});
const hello = makeHello({
  log,
  identity,
  bootId,
  display,
  sound,
  browser,
  image,
  manifestPath: GUEST_PATHS.manifest,
  startPage: GUEST_PATHS.startPage,
  hastenNeighbours,
  incarnation: randomUUID(),
  settle: () => void settling.settleWhenIdle(),
});
const identityCalls = makeIdentityCalls({
  log,
  identity,
  display,
  browser,
  startPage: `file://${GUEST_PATHS.startPage}`,
  standBy: async () => {
    if (image.hasBrowser) await waiting.prepare();
  },
  reexecute: (left) => setImmediate(() => void reexecute(left)),
});

let relay: Running | undefined;
let isLeaving = false;
const port = await openPort();
const channel: GuestChannel = new GuestChannel({
  write: (bytes) => port.write(bytes),
  handlers: makeHandlers({ log, execs, signins, display, clipboard, browser, hello, identityCalls }),
  onOddity: (what) => log.warn(`the host sent ${what}`),
});
port.listen((bytes) => {
  if (!isLeaving) channel.receive(bytes);
});
void channel.sayLost();
log.info(`agent listens after ${Math.round(performance.now())} ms`);
await applyCommandLine(log).catch((error: Error) => log.warn(`network: ${error.message}`));
await listenHttp();

/**
 * The same process becomes a new agent: nothing of this one's memory, its random numbers above all, lives on. Its
 * children stay its children, so systemd and they see nothing. The answer that was sent last leaves the port before;
 * the host hears at once that this epoch is over, and says nothing to one who will not hear it.
 */
async function reexecute(left: Pick<Heritage, "browser" | "isUnsettled">): Promise<void> {
  isLeaving = true;
  await channel.sayLost();
  const isUnsettled = left.isUnsettled || settling.isUnsettled;
  await media.close();
  leaveHeritage({
    ...left,
    isUnsettled,
    display: display.heir,
    clipboard: clipboard.heir,
    sound: sound.heir,
    relay: relay?.name,
    signinWorker: waiting.leave(),
  });
  const [, script = ""] = process.argv;
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, script], process.env);
  die("this Node cannot execute itself anew");
}

/** A guest has one of them. A container sees the devices of its machine, so it is asked for first; a VM's driver may be loaded after us. */
async function openPort(): Promise<ControlPort> {
  if (await hasPlaceFor(CHANNEL_SOCKET)) return SocketPort.open(CHANNEL_SOCKET);
  while (true) {
    const path = await findPort(CHANNEL_PORT_NAME);
    if (path) return VirtioPort.open(path, (error) => die(`the control port broke: ${error.message}`));
    if (await hasVsock()) return openVsockPort();
    await sleep(PORT_LOOK_MS);
  }
}

async function openVsockPort(): Promise<SocketPort> {
  const vsock = await SocketPort.open(VSOCK_SOCKET);
  relay = (heritage?.relay && takeOver(heritage.relay)) ?? startRelay(CHANNEL_VSOCK_PORT, VSOCK_SOCKET);
  void relay.ended.then(({ code, signal }) => die(`the vsock relay ended: ${signal ?? code}`));
  return vsock;
}

/** With the rights of the browser's user, and nothing of the session's settings. */
function startFileWorker(orders: string) {
  return start(GUEST_PATHS.node, [GUEST_PATHS.fileWorker, orders], {
    stdio: ["pipe", "pipe", "ignore", "pipe"],
    asBrowserUser: { env: browserUserEnvironment({}) },
  });
}

/** Whether the browser is still on its way to its first picture. */
function isBusy(): boolean {
  return browser.isWanted && !browser.painted;
}

/** Imported late: the control channel answers before HTTP is loaded. */
async function listenHttp(): Promise<void> {
  const { makeHttpServer } = await import("./http/serve-http.ts");
  const { FileServer } = await import("./http/serve-files.ts");
  const { ProfileServer } = await import("./http/serve-profile.ts");
  const files = new FileServer({ home: BROWSER_USER.home, startWorker: startFileWorker });
  const server = makeHttpServer({
    identity,
    bootId,
    vncPort: () => (display.isReady ? VNC_PORT : undefined),
    openMedia: existsSync(GUEST_PATHS.media) ? () => media.open() : undefined,
    files,
    profile: new ProfileServer({ browser, files, startWorker: startFileWorker }),
    health: () => ({ display: display.isReady, painted: browser.painted }),
  });
  server.on("error", (error) => die(`HTTP: ${error.message}`));
  server.listen(AGENT_PORT, "0.0.0.0");
}

/**
 * systemd starts us again; nothing of ours is worth keeping. A thread that waits in the kernel for the port would hold
 * up an orderly exit for ever, hence the signal.
 */
function die(why: string): never {
  log.warn(why);
  process.kill(process.pid, "SIGKILL");
  throw new Error(why);
}
