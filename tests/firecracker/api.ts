import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import * as bodies from "./bodies.ts";
import { FatalFault, POST_BOOT, PRE_BOOT, StandInFault } from "./faults.ts";
import type { StandInMachine } from "./machine.ts";

/** What the API does to the process that it belongs to. */
export interface StandInProcess {
  readonly id: string;
  /** What the guest of a loaded snapshot remembers; it stands still until it goes on. */
  loaded(remembered: unknown): void;
  /** The guest stops, unless it stands still already; answers what it remembers. */
  stop(): Promise<object>;
  /** The guest boots, or goes on where it stopped or was frozen. */
  goOn(machine: StandInMachine): void;
  listenVsock(path: string): void;
  /** Connections of the guest's vsock end on its side: it is told so when a snapshot is taken. */
  resetVsock(): void;
  /** Its devices are told that the guest goes on. */
  kickVsock(): void;
  ctrlAltDel(): void;
  end(status: number): void;
}

const VERSION = "1.16.1";
const SERDE = "An error occurred when deserializing the json body of a request: ";

interface Asked {
  readonly route: string;
  readonly id: string;
  readonly body: unknown;
}

/** Firecracker's API: its paths, its order, its refusals. */
export function serveApi(socket: string, machine: StandInMachine, host: StandInProcess): HttpServer {
  // One thread does one thing after the other.
  let before = Promise.resolve();
  const server = createServer((request, response) => {
    before = before.then(() => serve(request, response));
  });
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const [, resource = "", id = ""] = (request.url ?? "/").split("/");
    const raw = await text(request);
    const reply = (status: number, body?: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body && JSON.stringify(body));
    };
    try {
      const answer = await handle(machine, host, {
        route: `${request.method} ${resource}`,
        id,
        body: raw === "" ? undefined : parse(raw),
      });
      reply(answer ? 200 : 204, answer);
    } catch (error) {
      if (!(error instanceof StandInFault)) throw error;
      reply(400, { fault_message: error.message });
      // After a failed load the process is too dirty to be used.
      if (error instanceof FatalFault) response.once("close", () => host.end(1));
    }
  };
  return server.listen(socket);
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    throw new StandInFault(`${SERDE}expected value at line 1 column 1.`);
  }
}

async function handle(
  machine: StandInMachine,
  host: StandInProcess,
  asked: Asked,
): Promise<object | undefined> {
  const { route, body } = asked;
  if (route === "GET ")
    return { id: host.id, state: machine.state, vmm_version: VERSION, app_name: "Firecracker" };
  if (route === "GET vm" && asked.id === "config") return machine.configuration;
  if (route === "GET version") return { firecracker_version: VERSION };
  const known = PUTS[route];
  if (known) {
    if (body === undefined) throw new StandInFault("Empty PUT request.");
    const apply = known(asked, machine, host);
    if (machine.state !== "Not started") throw new StandInFault(POST_BOOT);
    machine.isTouched = true;
    apply();
    return undefined;
  }
  const rule = OTHERS[route];
  if (!rule) {
    const [method, path] = route.split(" ");
    throw new StandInFault(`Invalid request method and/or path: ${method} ${path}.`);
  }
  await rule(asked, machine, host);
  return undefined;
}

type Configure = (asked: Asked, machine: StandInMachine, host: StandInProcess) => () => void;
type Act = (asked: Asked, machine: StandInMachine, host: StandInProcess) => void | Promise<void>;

/** What configures a VM: parsed first, then refused once it runs. */
const PUTS: Readonly<Record<string, Configure>> = {
  "PUT machine-config": (asked, machine) => {
    const body = shaped(bodies.MachineBody, asked);
    return () => machine.configure(body);
  },
  "PUT boot-source": (asked, machine) => {
    const body = shaped(bodies.BootBody, asked);
    return () => machine.setBoot(body);
  },
  "PUT drives": (asked, machine) => {
    const body = shaped(bodies.DriveBody, asked);
    requireId(asked, body.drive_id);
    return () => machine.setDrive(body);
  },
  "PUT network-interfaces": (asked, machine) => {
    const body = shaped(bodies.NetworkBody, asked);
    requireId(asked, body.iface_id);
    return () => machine.setNetwork(body);
  },
  "PUT vsock": (asked, machine, host) => {
    const { uds_path } = shaped(bodies.VsockBody, asked);
    return () => {
      machine.vsockPath = uds_path;
      host.listenVsock(uds_path);
    };
  },
  "PUT entropy": (asked) => {
    shaped(bodies.EntropyBody, asked);
    return () => {};
  },
  "PUT balloon": (asked) => {
    shaped(bodies.BalloonBody, asked);
    return () => {};
  },
};

const OTHERS: Readonly<Record<string, Act>> = {
  "PUT actions": (asked, machine, host) => {
    const { action_type } = shaped(bodies.ActionBody, asked);
    if (action_type === "InstanceStart") {
      if (machine.state !== "Not started") throw new StandInFault(POST_BOOT);
      machine.requireStartable();
      machine.state = "Running";
      host.goOn(machine);
    } else if (machine.state === "Not started") throw new StandInFault(PRE_BOOT);
    else if (action_type === "SendCtrlAltDel") host.ctrlAltDel();
  },
  "PATCH vm": async (asked, machine, host) => {
    const { state } = shaped(bodies.VmBody, asked);
    if (machine.state === "Not started") throw new StandInFault(PRE_BOOT);
    if (state === "Paused") await host.stop();
    else {
      host.kickVsock();
      host.goOn(machine);
    }
    machine.state = state === "Paused" ? "Paused" : "Running";
  },
  "PATCH drives": (asked, machine) => {
    const { drive_id, rate_limiter } = shaped(bodies.DrivePatch, asked);
    requireId(asked, drive_id);
    if (machine.state === "Not started") throw new StandInFault(PRE_BOOT);
    requireDevice(machine.drives, drive_id, "Drive config error: Unable to patch the block device");
    machine.setRate(drive_id, rate_limiter);
  },
  "PATCH network-interfaces": (asked, machine) => {
    const { iface_id, rx_rate_limiter } = shaped(bodies.NetworkPatch, asked);
    requireId(asked, iface_id);
    if (machine.state === "Not started") throw new StandInFault(PRE_BOOT);
    requireDevice(machine.taps, iface_id, "Network config error: Unable to update the net device");
    machine.setRate(iface_id, rx_rate_limiter);
  },
  "PUT snapshot": async (asked, machine, host) => {
    if (asked.id === "create") {
      const body = shaped(bodies.CreateBody, asked);
      machine.requirePaused();
      const remembered = await host.stop();
      host.resetVsock();
      return machine.save(body, remembered);
    }
    const body = shaped(bodies.LoadBody, asked);
    if (machine.state !== "Not started") throw new StandInFault(POST_BOOT);
    host.loaded(machine.load(body));
    if (machine.vsockPath) host.listenVsock(machine.vsockPath);
    machine.state = body.resume_vm ? "Running" : "Paused";
    if (body.resume_vm) host.goOn(machine);
  },
};

function requireDevice(known: ReadonlyMap<string, unknown>, id: string, prefix: string): void {
  if (!known.has(id)) throw new StandInFault(`${prefix}: Device not found`);
}

function requireId({ id }: Asked, inBody: string): void {
  if (id !== inBody) throw new StandInFault("The id from the path does not match the id from the body!");
}

function shaped<T>(schema: z.ZodType<T>, { id, body }: Asked): T {
  if (id !== "" && !/^\w+$/.test(id))
    throw new StandInFault("API Resource IDs can only contain alphanumeric characters and underscores.");
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new StandInFault(`${SERDE}${z.prettifyError(parsed.error)}`);
}
