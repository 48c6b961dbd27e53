import { createServer, type Server as HttpServer } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import * as bodies from "./bodies.ts";
import { POST_BOOT, PRE_BOOT, StandInFault } from "./faults.ts";
import { FatalFault, type StandInMachine } from "./machine.ts";

/** What the API does to the process that it belongs to. */
export interface StandInProcess {
  readonly id: string;
  start(machine: StandInMachine): void;
  listenVsock(path: string): void;
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
  const server = createServer(async (request, response) => {
    const [, resource = "", id = ""] = (request.url ?? "/").split("/");
    const raw = await text(request);
    const reply = (status: number, body?: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body && JSON.stringify(body));
    };
    try {
      const answer = handle(machine, host, {
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
  });
  return server.listen(socket);
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    throw new StandInFault(`${SERDE}expected value at line 1 column 1.`);
  }
}

function handle(machine: StandInMachine, host: StandInProcess, asked: Asked): object | undefined {
  const { route, body } = asked;
  if (route === "GET ")
    return { id: host.id, state: machine.state, vmm_version: VERSION, app_name: "Firecracker" };
  if (route === "GET version") return { firecracker_version: VERSION };
  const known = PUTS[route];
  if (known) {
    if (body === undefined) throw new StandInFault("Empty PUT request.");
    const apply = known(asked, machine, host);
    if (machine.state !== "Not started") throw new StandInFault(POST_BOOT);
    apply();
    machine.isTouched = true;
    return undefined;
  }
  const rule = OTHERS[route];
  if (!rule) {
    const [method, path] = route.split(" ");
    throw new StandInFault(`Invalid request method and/or path: ${method} ${path}.`);
  }
  rule(asked, machine, host);
  return undefined;
}

type Configure = (asked: Asked, machine: StandInMachine, host: StandInProcess) => () => void;
type Act = (asked: Asked, machine: StandInMachine, host: StandInProcess) => void;

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
      host.start(machine);
    } else if (machine.state === "Not started") throw new StandInFault(PRE_BOOT);
    else if (action_type === "SendCtrlAltDel") host.ctrlAltDel();
  },
  "PATCH vm": (asked, machine) => {
    const { state } = shaped(bodies.VmBody, asked);
    if (machine.state === "Not started") throw new StandInFault(PRE_BOOT);
    machine.state = state === "Paused" ? "Paused" : "Running";
  },
  "PUT snapshot": (asked, machine, host) => {
    if (asked.id === "create") return machine.save(shaped(bodies.CreateBody, asked));
    const body = shaped(bodies.LoadBody, asked);
    if (machine.state !== "Not started") throw new StandInFault(POST_BOOT);
    machine.load(body);
    machine.state = body.resume_vm ? "Running" : "Paused";
    if (machine.vsockPath) host.listenVsock(machine.vsockPath);
  },
};

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
