import * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use
import { Ipv4, MacAddress, TcpPort } from "../net.ts";
import { CLIPBOARD_LIMITS } from "./clipboard-content.ts";
import { lazily } from "./lazily.ts";
import { SIGNIN_CALLS } from "./signin.ts";

/**
 * The control channel's calls: JSON-RPC both ways over virtio-serial or vsock, one JSON object a line.
 * Everything a guest says is bounded here; longer or deeper is refused by the channel before it is parsed.
 */
export const CHANNEL_PORT_NAME = "org.browservm.ctl.0";
/** Where the agent listens in a VM that has vsock instead of a virtio-serial port (vsock(7)). */
export const CHANNEL_VSOCK_PORT = 1024;
/** Where the agent listens in a guest that shares this machine's kernel: alone in a directory that the VMM brings. */
export const CHANNEL_SOCKET = "/run/browservm/port/control.sock";
export const CHANNEL_LIMITS = {
  lineBytes: 1_048_576,
  depth: 32,
  pendingCalls: 64,
  chunkBytes: 131_072,
} as const;

const text = (max: number) => z.string().max(max);

const injectedFile = () =>
  z.object({ path: text(512), state: z.enum(["ok", "missing", "altered", "wrong-mode"]) });

/** First call after each (re)connect. Gives the agent its secrets: they exist nowhere else in the guest. */
const hello = lazily(() => ({
  params: z.object({
    vmId: text(64),
    /** Answered on :8080 to prove that this very VM is behind the address. */
    nonce: text(128),
    /** The per-VM token that :8080 wants for everything but the nonce. */
    token: text(128),
    hostTime: z.iso.datetime(),
    display: z.object({ width: z.int(), height: z.int() }).optional(),
    /** How the browser's window is made: one page without tabs, or tabs and an address bar. */
    browserWindow: z.enum(["app", "tabs"]).default("tabs"),
  }),
  result: z.object({
    agentVersion: text(64),
    /** Random, made when this process of the agent began. Two VMs that say the same share their random state. */
    incarnation: text(64),
    bootId: text(64),
    image: text(128),
    hasBrowser: z.boolean(),
    injected: z.array(injectedFile()).max(256),
    uptimeMs: z.number(),
  }),
}));

const guestLink = () =>
  z.object({
    name: text(16),
    mac: text(17),
    up: z.boolean(),
    carrier: z.boolean(),
    mtu: z.int(),
    addresses: z.array(text(64)).max(16),
  });
const networkGet = lazily(() => ({
  params: z.object({}),
  result: z.object({
    links: z.array(guestLink()).max(16),
    routes: z.array(z.object({ to: text(64), via: text(64).optional(), dev: text(16) })).max(64),
    neighbours: z
      .array(z.object({ ip: text(64), mac: text(17).optional(), dev: text(16), state: text(32) }))
      .max(256),
    dns: z.array(text(64)).max(16),
    /** Programs in the guest that configure links; more than one is a fault. */
    authorities: z.array(text(64)).max(16),
  }),
}));

const networkSettings = () =>
  z.object({
    mac: MacAddress,
    address: Ipv4,
    prefix: z.int().min(8).max(30),
    gateway: Ipv4,
    dns: z.array(Ipv4).max(4),
    mtu: z.int().min(576).max(9000),
  });
const networkSet = lazily(() => ({ params: networkSettings(), result: z.object({}) }));

/**
 * Asked of a VM that is to become a golden snapshot, its browser painted: forgets who it is (secrets of hello,
 * machine-id, SSH host keys, network settings), takes its link down, parks its browser on an empty page and writes its
 * disks. It is frozen next. May be repeated.
 */
const snapshotPrepare = lazily(() => ({ params: z.object({}), result: z.object({}) }));

/**
 * The first call after a restore under a new identity, before the VM may send a frame. The kernel is reseeded first;
 * all that draws randomness waits for it, and the rest is set meanwhile. After its answer the agent executes itself anew: the channel begins a new epoch, and
 * `hello` comes next. What it did is told with the time of each step.
 */
const identityTake = lazily(() => ({
  params: z.object({
    hostname: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i),
    machineId: z.string().regex(/^[0-9a-f]{32}$/),
    /** 32 fresh random bytes of the host (base64), which no other VM gets. */
    seed: text(64),
    hostTime: z.iso.datetime(),
    network: networkSettings(),
    /** Written as at boot, with the manifest that `hello` checks; data in base64. */
    files: z
      .array(z.object({ path: text(512), mode: z.int().min(0).max(0o777), data: text(262_144) }))
      .max(16),
    /**
     * What happens to processes of the browser that hold random state. `renew`: renderers and services are replaced, and
     * the start page is opened in a new one; `browser.status` says painted when it has painted and the old ones have
     * ended. `keep-pages`: open pages stay as they are (a fork), services are replaced. `restart`: the browser is started anew, for it must see another environment.
     */
    browser: z.enum(["renew", "keep-pages", "restart"]),
    /** As in hello, for `restart`. */
    browserWindow: z.enum(["app", "tabs"]),
  }),
  result: z.object({
    clockStepMs: z.number(),
    steps: z.array(z.object({ step: text(32), ms: z.number().nonnegative() })).max(16),
  }),
}));

/**
 * After a resume: the same VM, later. Steps the clock, mixes fresh random bytes in, and forgets its neighbours.
 */
const identityRefresh = lazily(() => ({
  params: z.object({ seed: text(64), hostTime: z.iso.datetime() }),
  result: z.object({ clockStepMs: z.number() }),
}));

/**
 * Session settings for a VM that was made ahead of demand: files as in `identity.take`, and the browser that shall see
 * them. Answers when the old browser has ended; from then on `browser.status` speaks of the new one.
 */
const settingsApply = lazily(() => ({
  params: z.object({
    files: identityTake.params.shape.files,
    display: z.object({ width: z.int(), height: z.int() }).optional(),
    /** True where the environment holds what the browser reads at its start. */
    restartBrowser: z.boolean(),
  }),
  result: z.object({ injected: z.array(injectedFile()).max(256) }),
}));

const unit = () => z.object({ name: text(256), active: text(32), sub: text(32), result: text(64) });
const servicesStatus = lazily(() => ({
  params: z.object({ units: z.array(text(256)).max(32) }),
  result: z.object({ units: z.array(unit()).max(32), failed: z.array(text(256)).max(64) }),
}));

/** How the guest itself is: what a person would look at first on a machine that misbehaves. */
const healthGet = lazily(() => ({
  params: z.object({}),
  result: z.object({
    memory: z.object({ totalKib: z.number(), availableKib: z.number() }),
    /** Processes that the kernel killed for want of memory since boot (/proc/vmstat oom_kill). */
    oomKills: z.int().nonnegative(),
    filesystems: z
      .array(
        z.object({
          mount: text(256),
          totalKib: z.number(),
          freeKib: z.number(),
          inodesFree: z.number(),
          readOnly: z.boolean(),
        }),
      )
      .max(16),
    /** The injected files, looked at again now. */
    injected: z.array(injectedFile()).max(256),
    /** Lines of environment files that systemd cannot parse, as "path:line: why". Never the value. */
    environmentErrors: z.array(text(512)).max(32),
    /** Failed units, each with its last journal lines. */
    failedUnits: z.array(z.object({ name: text(256), lines: z.array(text(4096)).max(20) })).max(16),
    /** /proc/net/snmp counters, e.g. "Tcp.InCsumErrors". */
    counters: z.record(text(64), z.number()),
    /** Rules in the guest that drop or reject, in the firewall's own words. */
    firewall: z.array(text(512)).max(32),
    clock: z.iso.datetime(),
    /** Parts that could not be read and are empty for that reason, as "part: why"; absent when all were. */
    unread: z.array(text(512)).max(8).optional(),
  }),
}));

const journalTail = lazily(() => ({
  params: z.object({ lines: z.int().min(1).max(1000), unit: text(256).optional() }),
  result: z.object({ lines: z.array(text(4096)).max(1000), cursor: text(512) }),
}));
const journalAfter = lazily(() => ({
  params: z.object({ cursor: text(512), waitMs: z.int().min(0).max(20_000) }),
  result: z.object({ lines: z.array(text(4096)).max(1000), cursor: text(512) }),
}));
const agentLogAfter = lazily(() => ({
  params: z.object({ after: z.int().nonnegative(), waitMs: z.int().min(0).max(20_000) }),
  result: z.object({ lines: z.array(text(4096)).max(1000), next: z.int().nonnegative() }),
}));

/**
 * Starts a process as the session's user (or root). Output comes as `exec.output` (base64), the end as
 * `exec.exit`, after all output. `exec.stdin` data is base64, too. An exec ends with the epoch that began it.
 */
const execStart = lazily(() => ({
  params: z.object({
    command: z.array(text(65_536)).min(1).max(256),
    cwd: text(4096).optional(),
    env: z.record(text(256), text(65_536)).optional(),
    user: z.enum(["browser", "root"]).default("browser"),
    timeoutMs: z.int().min(100).max(3_600_000).default(60_000),
    /** True: standard input waits for `exec.stdin`. False: it is empty. */
    hasStdin: z.boolean().default(false),
  }),
  result: z.object({ execId: z.int() }),
}));
const execStdin = lazily(() => ({
  params: z.object({ execId: z.int(), data: text(262_144).optional(), end: z.boolean().default(false) }),
  result: z.object({}),
}));
const execKill = lazily(() => ({
  params: z.object({ execId: z.int(), signal: z.enum(["SIGTERM", "SIGKILL", "SIGINT"]) }),
  result: z.object({}),
}));

/** Writes one chunk (base64). `offset` 0 truncates; the last chunk carries `done` with mode and sha256. */
const filesPut = lazily(() => ({
  params: z.object({
    path: text(1024),
    offset: z.int().nonnegative(),
    data: text(262_144),
    done: z
      .object({
        mode: z.int().min(0).max(0o7777),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        owner: z.enum(["browser", "root"]),
      })
      .optional(),
  }),
  result: z.object({ size: z.int() }),
}));
const filesGet = lazily(() => ({
  params: z.object({ path: text(1024), offset: z.int().nonnegative(), length: z.int().min(1).max(131_072) }),
  result: z.object({ data: text(262_144), size: z.int(), eof: z.boolean() }),
}));

const displayInfo = lazily(() => ({
  params: z.object({}),
  result: z.object({ ready: z.boolean(), width: z.int(), height: z.int(), vncPort: TcpPort.optional() }),
}));
const displayResize = lazily(() => ({
  params: z.object({ width: z.int().min(320).max(3840), height: z.int().min(240).max(2160) }),
  result: z.object({ width: z.int(), height: z.int() }),
}));

/**
 * One piece (base64) of a PNG image of `size` bytes. `offset` 0 begins another one; with the last piece it is put on the
 * display's clipboard, and the answer comes when it is there.
 */
const clipboardPut = lazily(() => ({
  params: z.object({
    offset: z.int().nonnegative(),
    size: z.int().min(1).max(CLIPBOARD_LIMITS.imageBytes),
    data: text(262_144),
  }),
  result: z.object({}),
}));

/** What Chromium says on its control pipe. `painted` = two animation frames ran in the page after load. */
const browserStatus = lazily(() => ({
  params: z.object({}),
  result: z.object({
    running: z.boolean(),
    version: text(128).optional(),
    pid: z.int().optional(),
    url: text(4096).optional(),
    title: text(1024).optional(),
    painted: z.boolean(),
    lastExit: text(512).optional(),
  }),
}));
const browserNavigate = lazily(() => ({
  params: z.object({ url: text(8192) }),
  result: z.object({
    accepted: z.boolean(),
    errorText: text(512).optional(),
    /** How long the browser itself took to answer, in milliseconds. */
    ms: z.number().nonnegative(),
  }),
}));

const clockSet = lazily(() => ({
  params: z.object({ time: z.iso.datetime() }),
  result: z.object({ stepMs: z.number() }),
}));
const shutdown = lazily(() => ({
  params: z.object({ mode: z.enum(["poweroff", "reboot"]) }),
  result: z.object({}),
}));

/** One look from inside the guest at a target; the four answers are different facts. */
const probeAnswer = () => z.enum(["open", "refused", "unreachable", "timeout"]);
const probeTcp = lazily(() => ({
  params: z.object({ address: Ipv4, port: TcpPort, timeoutMs: z.int().min(50).max(30_000) }),
  result: z.object({ answer: probeAnswer(), ms: z.number(), errno: text(32).optional() }),
}));
const probePing = lazily(() => ({
  params: z.object({
    address: Ipv4,
    payloadBytes: z.int().min(0).max(9000),
    dontFragment: z.boolean(),
    timeoutMs: z.int().min(50).max(30_000),
  }),
  result: z.object({ ok: z.boolean(), ms: z.number().optional(), error: text(512).optional() }),
}));
const probeDns = lazily(() => ({
  params: z.object({ name: text(253), timeoutMs: z.int().min(50).max(30_000) }),
  result: z.object({ ok: z.boolean(), addresses: z.array(text(64)).max(16), error: text(512).optional() }),
}));

/** Calls that the host makes and the agent serves. */
export const GUEST_CALLS = {
  hello,
  "network.get": networkGet,
  "network.set": networkSet,
  "snapshot.prepare": snapshotPrepare,
  "identity.take": identityTake,
  "identity.refresh": identityRefresh,
  "settings.apply": settingsApply,
  "services.status": servicesStatus,
  "health.get": healthGet,
  "journal.tail": journalTail,
  "journal.after": journalAfter,
  "agent.log": agentLogAfter,
  "exec.start": execStart,
  "exec.stdin": execStdin,
  "exec.kill": execKill,
  "files.put": filesPut,
  "files.get": filesGet,
  "display.info": displayInfo,
  "display.resize": displayResize,
  "clipboard.put": clipboardPut,
  "browser.status": browserStatus,
  "browser.navigate": browserNavigate,
  "clock.set": clockSet,
  shutdown,
  "probe.tcp": probeTcp,
  "probe.ping": probePing,
  "probe.dns": probeDns,
  ...SIGNIN_CALLS,
} as const;
export type GuestCall = keyof typeof GUEST_CALLS;
export type GuestParams<C extends GuestCall> = z.input<(typeof GUEST_CALLS)[C]["params"]>;
export type GuestResult<C extends GuestCall> = z.output<(typeof GUEST_CALLS)[C]["result"]>;

/** Notifications that the agent sends without being asked. */
export const GUEST_NOTES = {
  "exec.output": z.object({ execId: z.int(), stream: z.enum(["stdout", "stderr"]), data: text(262_144) }),
  "exec.exit": z.object({
    execId: z.int(),
    code: z.int().nullable(),
    signal: text(16).nullable(),
    truncated: z.boolean(),
  }),
  "browser.exited": z.object({ code: z.int().nullable(), signal: text(16).nullable() }),
} as const;
export type GuestNote = keyof typeof GUEST_NOTES;
export type GuestNoteData<N extends GuestNote> = z.output<(typeof GUEST_NOTES)[N]>;
