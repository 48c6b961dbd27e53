// `node firecracker-process.ts ARGS`: what the tests run instead of Firecracker where none is installed. It has the
// API, the order, the error texts and the endings of 1.16.1, opens its TAP with the real flags, and runs a fake guest.
import { createWriteStream, existsSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { parseArgs } from "node:util";
import { Ipv4, LinkName, MacAddress } from "@browservm/contract";
import { liveAsPlanned } from "../../packages/host/src/vmm/fake/guest-machine.ts";
import { plannedNetwork } from "../../packages/host/src/vmm/fake/guest-network.ts";
import { type FakeOrders, parseFakePlan } from "../../packages/host/src/vmm/fake/plan.ts";
import { serveApi } from "./api.ts";
import { osError, StandInFault } from "./faults.ts";
import { StandInMachine } from "./machine.ts";

const VERSION = process.env.STAND_IN_VERSION ?? "1.16.1";
/** lib.rs, FcExitCode::ArgParsing */
const BAD_ARGUMENTS = 153;
const GUEST_SOCKET = "/run/guest.sock";
const options = {
  "api-sock": { type: "string", default: "/run/firecracker.socket" },
  id: { type: "string", default: "anonymous-instance" },
  "start-time-us": { type: "string" },
  "start-time-cpu-us": { type: "string" },
  "parent-cpu-time-us": { type: "string" },
  "config-file": { type: "string" },
  "no-api": { type: "boolean" },
  "log-path": { type: "string" },
  level: { type: "string" },
  "show-level": { type: "boolean" },
  "metrics-path": { type: "string" },
  "enable-pci": { type: "boolean" },
  version: { type: "boolean" },
} as const;

const { values } = readArguments();
if (values.version) {
  process.stdout.write(`Firecracker v${VERSION}\n\n`);
  process.exit(0);
}
const log = values["log-path"] ? createWriteStream(values["log-path"], { flags: "r+" }) : process.stdout;
const say = (words: string) => log.write(`${new Date().toISOString()} [${values.id}:main] ${words}\n`);
say(`Running Firecracker v${VERSION}`);
if (existsSync(values["api-sock"])) {
  process.stderr.write(`Error: RunWithApi(FailedToBindSocket("${values["api-sock"]}"))\n`);
  process.exit(1);
}

serveApi(values["api-sock"], new StandInMachine(), {
  id: values.id,
  start: startGuest,
  listenVsock,
  ctrlAltDel: () => {
    if (!stubborn) process.exit(0);
  },
  end: (status) => process.exit(status),
});

let stubborn = false;

function readArguments() {
  try {
    return parseArgs({ options, strict: true });
  } catch (error) {
    process.stderr.write(`Error: ParseArguments(${error})\n`);
    process.exit(BAD_ARGUMENTS);
  }
}

function startGuest(machine: StandInMachine): void {
  const plan = parseFakePlan(machine.boot?.boot_args ?? "");
  stubborn = plan.stubborn === "yes";
  const [tap] = machine.taps.values();
  const orders: FakeOrders = {
    plan,
    vmId: values.id,
    address: {
      slot: 1,
      tap: LinkName.parse(tap?.name ?? "none"),
      mac: MacAddress.parse(tap?.mac ?? "02:00:00:00:00:00"),
      ip: Ipv4.parse("192.0.2.1"),
      prefix: 24,
      gateway: Ipv4.parse("192.0.2.254"),
    },
    mtu: 1500,
    dns: [],
    changes: "/none",
    controlSocket: GUEST_SOCKET,
    console: "/dev/null",
    injected: [],
  };
  // As the real one's standard output: full is full, and nobody waits.
  liveAsPlanned(orders, plannedNetwork(orders), (line) => {
    if (process.stdout.writableLength < 65_536) process.stdout.write(`${line}\n`);
  });
}

/** One unix socket for all ports of the guest: `CONNECT <port>` is answered by `OK <port>`, or by the end. */
function listenVsock(path: string): void {
  if (existsSync(path)) {
    const taken = osError(Object.assign(new Error(), { code: "EADDRINUSE" }));
    throw new StandInFault(
      `Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket: ${taken}`,
    );
  }
  createServer((host) => {
    host.on("error", () => {}); // it went away
    host.once("data", (first) => {
      const port = /^CONNECT (\d+)\n/.exec(first.toString("latin1"))?.[1];
      if (port !== "1024" || !existsSync(GUEST_SOCKET)) return void host.destroy();
      host.pause();
      const guest = connect(GUEST_SOCKET, () => {
        host.write("OK 1073741824\n");
        host.pipe(guest).pipe(host);
      });
      guest.on("error", () => host.destroy());
      host.on("close", () => guest.destroy());
    });
  }).listen(path);
  process.on("exit", () => rmSync(GUEST_SOCKET, { force: true }));
}
