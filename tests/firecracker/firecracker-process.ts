// `node firecracker-process.ts ARGS`: what the tests run instead of Firecracker where none is installed. It has the
// API, the order, the error texts and the endings of 1.16.1, opens its TAP with the real flags, and runs a fake guest.
import { createWriteStream, existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { Ipv4, LinkName, MacAddress } from "@browservm/contract";
import { GuestMemory } from "../../packages/host/src/vmm/fake/guest-memory.ts";
import { type FakeOrders, parseFakePlan } from "../../packages/host/src/vmm/fake/plan.ts";
import { serveApi } from "./api.ts";
import { StandInGuest } from "./guest.ts";
import { StandInMachine } from "./machine.ts";
import { StandInVsock } from "./vsock.ts";

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

const vsock = new StandInVsock(GUEST_SOCKET);
let guest: StandInGuest | undefined;
/** Of a snapshot that was loaded, until its guest goes on. */
let remembered: unknown;
let stubborn = false;

serveApi(values["api-sock"], new StandInMachine(), {
  id: values.id,
  loaded: (memory) => {
    remembered = memory;
    vsock.wasReset();
  },
  stop: async () => (guest ? await guest.stop() : Object(remembered)),
  goOn,
  listenVsock: (path) => vsock.listen(path),
  resetVsock: () => vsock.reset(),
  kickVsock: () => vsock.kick(),
  ctrlAltDel: () => {
    if (!stubborn) process.exit(0);
  },
  end: (status) => process.exit(status),
});

function readArguments() {
  try {
    return parseArgs({ options, strict: true });
  } catch (error) {
    process.stderr.write(`Error: ParseArguments(${error})\n`);
    process.exit(BAD_ARGUMENTS);
  }
}

function goOn(machine: StandInMachine): void {
  if (guest) guest.goOn();
  else guest = startGuest(machine);
}

function startGuest(machine: StandInMachine): StandInGuest | undefined {
  const plan = parseFakePlan(machine.boot?.boot_args ?? "");
  stubborn = plan.stubborn === "yes";
  const memory = remembered === undefined ? undefined : GuestMemory.safeParse(remembered);
  // A kernel whose memory is another one's ends at its first instruction, and its VMM with it.
  if (memory && !memory.success) {
    setTimeout(() => process.exit(0), 1);
    return undefined;
  }
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
    ...(memory ? { memory: memory.data } : {}),
  };
  // As the real one's standard output: full is full, and nobody waits.
  const say = (line: string) => {
    if (process.stdout.writableLength < 65_536) process.stdout.write(`${line}\n`);
  };
  return new StandInGuest(orders, { say, onEnd: (status) => process.exit(status) });
}
