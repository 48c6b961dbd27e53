import { EventEmitter } from "node:events";
import { type Duplex, PassThrough, type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type BrowserState,
  BrowserVmError,
  type CreateVm,
  type ErrorCode,
  type Event,
  GATE_STEPS,
  type GateReport,
  hostRoutes,
  type Reason,
  type SecretFile,
  STREAM_UPGRADE,
  toBrowserVmError,
  type Vm,
  Vm as VmSchema,
  type VmState,
} from "@browservm/contract";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { FakeDoctor } from "./fake-doctor.ts";
import { FakeFiles } from "./fake-files.ts";
import { FakeFreezer } from "./fake-freezer.ts";
import { FakeMachine } from "./fake-machine.ts";
import { FakeProfiles } from "./fake-profiles.ts";
import { FakeSignins } from "./fake-signins.ts";

const STORY: readonly VmState[] = ["booting", "verifying", "ready"];
/** One black pixel would do; the tests look at the signature only. */
const PNG = Buffer.from("89504e470d0a1a0a", "hex");

/** What the guest's end of an opened stream does; by default it sends back what it hears. */
export type StreamEnd = (socket: Duplex, service: string) => void;

/** A hostd without Linux: VMs in memory, told by the same contract on a real unix socket. */
export class FakeHost implements AsyncDisposable {
  readonly vms = new Map<string, Vm>();
  readonly created: CreateVm[] = [];
  readonly navigated: string[] = [];
  /** Files with secrets that were put into guests, and environments of commands. */
  readonly secrets: SecretFile[] = [];
  /** Cookies and storage that were given to browsers of guests. */
  readonly browserStates: BrowserState[] = [];
  readonly environments: Record<string, string>[] = [];
  readonly events: Event[] = [];
  /** Whether a new VM goes to `ready` by itself. */
  isEager = true;
  /** The next `createVm` is refused with this. */
  refuseCreate: ErrorCode | undefined;
  /** Makes `createVm` take so long, in milliseconds. */
  createMs = 0;
  /** Makes the answer of `createVm` come so late, in milliseconds: it says what was true before. */
  answerMs = 0;
  /** The same for `listVms`. */
  listMs = 0;
  /** How often VMs were listed. */
  lists = 0;
  /** Whether a VM that is ready passes its second look at once. */
  isProving = true;
  /** Memory, images, addresses. */
  readonly machine = new FakeMachine();
  /** Pause, resume, fork, claims and golden snapshots. */
  readonly freezer: FakeFreezer;
  /** What the doctor says, and the evidence that is kept, by VM. */
  readonly doctor = new FakeDoctor();
  /** Files of the guests. */
  readonly files = new FakeFiles();
  /** Profiles of the guests' browsers. */
  readonly profiles = new FakeProfiles();
  /** What sign-ins do in the guests. */
  readonly signins = new FakeSignins();
  /** Services that no guest has. */
  readonly refuses = new Set<string>();
  streamEnd: StreamEnd = (socket) => socket.pipe(socket);
  readonly #path: string;
  readonly #told = new EventEmitter().setMaxListeners(0);
  readonly #sockets = new Set<Duplex>();
  #app: FastifyInstance | undefined;

  constructor(path: string) {
    this.#path = path;
    this.freezer = new FakeFreezer(this, this.machine);
  }

  async start(): Promise<this> {
    const app = fastify({ forceCloseConnections: true });
    this.#app = app;
    app.setErrorHandler((error, _, reply) => {
      const told = toBrowserVmError(error);
      return reply.status(told.status).send(told.toProblem());
    });
    this.#serveVms(app);
    this.#serveGuest(app);
    void app.register((context) => this.files.serve(context, (id) => this.#ready(id)));
    void app.register((context) => this.profiles.serve(context, (id) => this.#ready(id)));
    this.signins.serve(app, (id) => this.#ready(id));
    this.freezer.serve(app);
    this.doctor.serve(app, (id) => this.vm(id));
    app.get(hostRoutes.hostEvents.path, (request, reply) =>
      this.#sendEvents(reply, Number((request.query as { after?: string }).after ?? 0)),
    );
    app.server.on("upgrade", (request, socket) => this.#openStream(request.url ?? "", socket));
    await app.listen({ path: this.#path });
    return this;
  }

  /** hostd goes away; its VMs stay. `start` brings it back. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#app?.close();
    this.#app = undefined;
  }

  /** Moves a VM on and tells it, as hostd would. */
  tell(id: string, state: VmState, reason?: Reason): void {
    const vm = this.vm(id);
    const now = new Date().toISOString();
    const gate = state === "ready" ? passedGate(id, now) : vm.gate;
    const next = { ...vm, state, ...(gate ? { gate } : {}), ...(reason ? { reason } : {}) };
    const proven = this.isProving ? { provenAt: now } : {};
    this.vms.set(id, state === "ready" ? { ...next, readyAt: now, ...proven } : next);
    this.emit(id, "vm.state", { from: vm.state, to: state, ...(reason ? { reason } : {}) });
  }

  /** As if R9 had passed now. */
  prove(id: string): void {
    this.vms.set(id, { ...this.vm(id), provenAt: new Date().toISOString() });
    this.emit(id, "gate.step", { id: "R9" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #serveVms(app: FastifyInstance): void {
    app.get(hostRoutes.getHost.path, async () => this.machine.describe(this.vms.size));
    app.get(hostRoutes.listVms.path, async () => {
      this.lists += 1;
      const data = [...this.vms.values()];
      await sleep(this.listMs);
      return { data };
    });
    app.get(hostRoutes.getVm.path, async (request) => this.vm(idOf(request)));
    app.post(hostRoutes.createVm.path, async (request, reply) => {
      const spec = hostRoutes.createVm.body.parse(request.body);
      await sleep(this.createMs);
      const vm = this.#create(spec);
      await sleep(this.answerMs);
      return reply.status(202).send(vm);
    });
    app.delete(hostRoutes.removeVm.path, async (request) => {
      const { id } = this.vm(idOf(request));
      this.tell(id, "stopping");
      this.vms.delete(id);
      return {};
    });
  }

  #serveGuest(app: FastifyInstance): void {
    app.post(hostRoutes.navigateVm.path, async (request) => {
      this.#ready(idOf(request));
      this.navigated.push((request.body as { url: string }).url);
      return {};
    });
    app.put(hostRoutes.putSecrets.path, async (request) => {
      this.#ready(idOf(request));
      this.secrets.push(...hostRoutes.putSecrets.body.parse(request.body).files);
      return {};
    });
    app.put(hostRoutes.putBrowserState.path, async (request) => {
      this.#ready(idOf(request));
      const { cookies, storage } = hostRoutes.putBrowserState.body.parse(request.body);
      this.browserStates.push({ cookies, storage });
      return { cookies: cookies.length, origins: storage.length, refusedCookies: 0 };
    });
    app.get(hostRoutes.vmScreenshot.path, async (request, reply) => {
      this.#ready(idOf(request));
      return reply.type("image/png").send(PNG);
    });
    app.get(hostRoutes.vmLogs.path, async (request, reply) => {
      this.vm(idOf(request));
      const line = `${JSON.stringify({ source: "agent", line: "hello" })}\n`;
      const { follow } = request.query as { follow?: string };
      return reply.send(follow === "true" ? lasting(line) : line);
    });
    app.post(hostRoutes.execInVm.path, async (request, reply) => {
      this.#ready(idOf(request));
      const { command, env } = hostRoutes.execInVm.body.parse(request.body);
      if (env) this.environments.push(env);
      const data = Buffer.from(command.join(" ")).toString("base64");
      const output = { type: "output", stream: "stdout", data };
      const exit = { type: "exit", code: 0, signal: null, truncated: false };
      if (command[0] === "forever") return reply.send(lasting(`${JSON.stringify(output)}\n`));
      return reply.send(`${JSON.stringify(output)}\n${JSON.stringify(exit)}\n`);
    });
  }

  #create(spec: CreateVm): Vm {
    this.created.push(spec);
    if (this.refuseCreate && !this.vms.has(spec.id))
      throw new BrowserVmError(this.refuseCreate, `refused: ${this.refuseCreate}`);
    const known = this.vms.get(spec.id);
    if (known) return known;
    if (spec.egress) this.freezer.egress.set(spec.id, spec.egress);
    const vm = VmSchema.parse({
      ...this.machine.defaultsOf(spec.image),
      ...spec,
      imageId: this.machine.imageIdOf(spec.image),
      origin: "boot",
      state: "creating",
      hasBrowser: spec.image === "browser",
      driver: "fake",
      accelerator: "none",
      createdAt: new Date().toISOString(),
      steps: [],
    });
    this.vms.set(vm.id, vm);
    this.emit(vm.id, "vm.state", { from: null, to: "creating" });
    if (this.isEager) setImmediate(() => this.tellStory(vm.id));
    return vm;
  }

  /** From its creation to `ready`. */
  tellStory(id: string): void {
    for (const state of STORY) if (this.vms.has(id)) this.tell(id, state);
  }

  /** Tells an event of any type, as hostd would. */
  emit(subject: string, type: string, data: Record<string, unknown>): void {
    const event = { seq: this.events.length + 1, at: new Date().toISOString(), subject, type, data };
    this.events.push(event);
    this.#told.emit("event", event);
  }

  #sendEvents(reply: FastifyReply, after: number): void {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream" });
    raw.flushHeaders();
    const send = (event: Event) => raw.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    for (const event of this.events) if (event.seq > after) send(event);
    this.#told.on("event", send);
    raw.once("close", () => this.#told.off("event", send));
  }

  #openStream(url: string, socket: Duplex): void {
    const [, id = "", service = ""] = /^\/v1\/vms\/([^/]+)\/streams\/([^/?]+)/.exec(url) ?? [];
    socket.on("error", () => socket.destroy());
    // Server sockets stay half open (node:http); hostd's pipes end them, and so do we.
    socket.on("end", () => socket.destroy());
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    try {
      this.#ready(id);
      if (service === "cdp" || this.refuses.has(service))
        throw new BrowserVmError("STREAM_UNAVAILABLE", `there is no ${service} here`);
    } catch (error) {
      const told = toBrowserVmError(error);
      const body = JSON.stringify(told.toProblem());
      socket.end(
        `HTTP/1.1 ${told.status} No\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${STREAM_UPGRADE}\r\n\r\n`,
    );
    this.streamEnd(socket, service);
  }

  /** VM_NOT_FOUND. */
  vm(id: string): Vm {
    const vm = this.vms.get(id);
    if (!vm) throw new BrowserVmError("VM_NOT_FOUND", `there is no VM ${id}`);
    return vm;
  }

  #ready(id: string): Vm {
    const vm = this.vm(id);
    if (vm.state !== "ready") throw new BrowserVmError("VM_NOT_READY", `VM ${id} is ${vm.state}`);
    return vm;
  }
}

const idOf = ({ params }: { params: unknown }): string => (params as { id: string }).id;

function passedGate(vmId: string, at: string): GateReport {
  const steps = GATE_STEPS.map((step) => ({
    ...step,
    verdict: "pass" as const,
    startedAt: at,
    durationMs: 1,
    evidence: [],
  }));
  return { vmId, run: 1, verdict: "pass", accelerator: "none", startedAt: at, finishedAt: at, steps };
}

/** An answer that begins and does not end. */
function lasting(line: string): Readable {
  const answer = new PassThrough();
  answer.write(line);
  return answer;
}
