import type { Duplex } from "node:stream";
import {
  type BodyInput,
  type CreateVm,
  type DoctorFixReport,
  type DoctorReport,
  type EgressPolicy,
  type EgressReport,
  type ErrorCode,
  type Event,
  type FileListing,
  type HostInfo,
  hostRoutes,
  type IfExists,
  type LoadedProfile,
  type NetworkPicture,
  type ProxyCredentials,
  type ProxyCredentialsId,
  type SecretFile,
  type Snapshot,
  type StreamService,
  type Vm,
  type VmId,
  type WrittenFile,
} from "@browservm/contract";
import { openHostStream } from "@browservm/daemon";
import { type EventStreamOptions, RouteClient, resumableEvents } from "@browservm/sdk";
import { SOCKET_BASE_URL, type SocketFetch, socketFetch } from "@browservm/sdk/node";
import { HostSignins } from "./host-signins.ts";

export interface HostClientOptions {
  readonly socketPath: string;
  /** Multiplies every deadline. */
  readonly timeoutScale: number;
}

export interface HostFileWrite {
  readonly path: string;
  readonly ifExists: IfExists;
  /** Where it is known. */
  readonly size?: number | undefined;
  readonly body: ReadableStream<Uint8Array>;
}

type LogQuery = Readonly<Record<string, string | number | boolean>>;

const PASSING: ReadonlySet<ErrorCode> = new Set(["HOST_UNREACHABLE", "INTERNAL", "PROTOCOL_ERROR"]);
/**
 * A VM is frozen within its driver's own limit, whose error says what is wrong and after which the guest goes on: who
 * gives up before leaves a VM behind that is paused later, with nobody to hear of it. QEMU may take 30 s and 50 ms for
 * each MiB, which is 55 min for the largest VM (64 GiB); Firecracker 10 min, and as long again to go on. Not multiplied,
 * as those are not. In milliseconds.
 */
const FREEZE_MS = 3_600_000;
/**
 * For what a guest must answer. hostd has a deadline for each of its questions, which knows whether the guest is emulated,
 * and says which one was not answered; this is only for a hostd that does not end. In milliseconds, not multiplied.
 */
const GUEST_MS = 900_000;

/** hostd's API over its unix socket. Fails as HOST_UNREACHABLE when nobody answers. */
export class HostClient implements AsyncDisposable {
  readonly #options: HostClientOptions;
  readonly #socket: SocketFetch;
  readonly #client: RouteClient;
  /** What sign-ins do in VMs. */
  readonly signins: HostSignins;

  constructor(options: HostClientOptions) {
    this.#options = options;
    this.#socket = socketFetch(options.socketPath);
    this.#client = new RouteClient({
      fetch: this.#socket.fetch,
      baseUrl: SOCKET_BASE_URL,
      unreachable: "HOST_UNREACHABLE",
      retries: 0,
    });
    this.signins = new HostSignins(this.#client);
  }

  getHost(): Promise<HostInfo> {
    return this.#client.call(hostRoutes.getHost, {}, this.#within(10_000));
  }

  async listVms(): Promise<Vm[]> {
    return (await this.#client.call(hostRoutes.listVms, {}, this.#within(20_000))).data;
  }

  createVm(spec: CreateVm): Promise<Vm> {
    return this.#client.call(hostRoutes.createVm, { body: spec }, this.#within(30_000));
  }

  getVm(id: VmId): Promise<Vm> {
    return this.#client.call(hostRoutes.getVm, { params: { id } }, this.#within(20_000));
  }

  /** Host-side checks only, so it answers at once. VM_NOT_FOUND, VM_NOT_READY, VM_CLAIMED, VM_UNFIT. */
  claimVm(id: VmId, body: BodyInput<typeof hostRoutes.claimVm>): Promise<Vm> {
    // With a proxy, which is asked before, too.
    const within = body.egress?.proxy ? 60_000 : 5000;
    return this.#client.call(hostRoutes.claimVm, { params: { id }, body }, this.#within(within));
  }

  egress(id: VmId): Promise<EgressReport> {
    return this.#client.call(hostRoutes.vmEgress, { params: { id } }, this.#within(20_000));
  }

  /** Answers when it is in force. VM_NOT_FOUND, FIREWALL_REFUSED. */
  setEgress(id: VmId, policy: EgressPolicy | null): Promise<EgressReport> {
    const input = { params: { id }, body: { policy } };
    return this.#client.call(hostRoutes.setVmEgress, input, this.#within(60_000));
  }

  /** hostd has them in memory only, so it is told them again whenever it begins. */
  async putProxyCredentials(id: ProxyCredentialsId, body: ProxyCredentials): Promise<void> {
    await this.#client.call(hostRoutes.putProxyCredentials, { params: { id }, body }, this.#within(10_000));
  }

  /** Answers when memory and state are on disk. */
  pauseVm(id: VmId): Promise<Vm> {
    return this.#client.call(hostRoutes.pauseVm, { params: { id } }, { timeoutMs: FREEZE_MS });
  }

  resumeVm(id: VmId): Promise<Vm> {
    return this.#client.call(hostRoutes.resumeVm, { params: { id } }, this.#within(60_000));
  }

  /** A running source is frozen for it, which takes its time. */
  forkVm(id: VmId, body: BodyInput<typeof hostRoutes.forkVm>): Promise<Vm> {
    return this.#client.call(hostRoutes.forkVm, { params: { id }, body }, { timeoutMs: FREEZE_MS });
  }

  async listSnapshots(): Promise<Snapshot[]> {
    return (await this.#client.call(hostRoutes.listSnapshots, {}, this.#within(20_000))).data;
  }

  makeSnapshot(body: BodyInput<typeof hostRoutes.makeSnapshot>): Promise<Snapshot> {
    return this.#client.call(hostRoutes.makeSnapshot, { body }, this.#within(30_000));
  }

  async removeSnapshot(id: string): Promise<void> {
    await this.#client.call(hostRoutes.removeSnapshot, { params: { id } }, this.#within(60_000));
  }

  /** Answers when the VM and all that belongs to it are gone. */
  async removeVm(id: VmId): Promise<void> {
    await this.#client.call(hostRoutes.removeVm, { params: { id } }, this.#within(90_000));
  }

  exec(id: VmId, body: BodyInput<typeof hostRoutes.execInVm>, signal: AbortSignal): Promise<Response> {
    return this.#client.stream(hostRoutes.execInVm, { params: { id }, body }, { signal });
  }

  listFiles(id: VmId, path: string, signal: AbortSignal): Promise<FileListing> {
    const options = { signal, timeoutMs: GUEST_MS };
    return this.#client.call(hostRoutes.listVmFiles, { params: { id }, query: { path } }, options);
  }

  /** The open reply; hostd has deadlines for it. */
  readFile(id: VmId, path: string, signal: AbortSignal): Promise<Response> {
    return this.#client.stream(hostRoutes.readVmFile, { params: { id }, query: { path } }, { signal });
  }

  async writeFile(
    id: VmId,
    { body, size, ...query }: HostFileWrite,
    signal: AbortSignal,
  ): Promise<WrittenFile> {
    const headers = size === undefined ? {} : { "content-length": String(size) };
    const input = { params: { id }, query, bytes: body };
    const reply = await this.#client.stream(hostRoutes.writeVmFile, input, { signal, headers });
    return hostRoutes.writeVmFile.reply.parse(await reply.json());
  }

  async removeFile(id: VmId, path: string, signal: AbortSignal): Promise<void> {
    const options = { signal, timeoutMs: GUEST_MS };
    await this.#client.call(hostRoutes.removeVmFile, { params: { id }, query: { path } }, options);
  }

  /** The open reply: the profile of the VM's browser, of the size that its header says. */
  readProfile(id: VmId, signal: AbortSignal): Promise<Response> {
    return this.#client.stream(hostRoutes.readVmProfile, { params: { id } }, { signal });
  }

  /** Answers when the browser has painted with it. */
  async writeProfile(
    id: VmId,
    { body, size }: Pick<HostFileWrite, "body"> & { readonly size: number },
    signal: AbortSignal,
  ): Promise<LoadedProfile> {
    const headers = { "content-length": String(size) };
    const input = { params: { id }, bytes: body };
    const reply = await this.#client.stream(hostRoutes.writeVmProfile, input, { signal, headers });
    return hostRoutes.writeVmProfile.reply.parse(await reply.json());
  }

  logs(id: VmId, query: LogQuery, signal: AbortSignal): Promise<Response> {
    return this.#client.stream(hostRoutes.vmLogs, { params: { id }, query }, { signal });
  }

  screenshot(id: VmId): Promise<Uint8Array> {
    return this.#client.bytes(hostRoutes.vmScreenshot, { params: { id } }, { timeoutMs: GUEST_MS });
  }

  async navigate(id: VmId, url: string): Promise<void> {
    await this.#client.call(
      hostRoutes.navigateVm,
      { params: { id }, body: { url } },
      { timeoutMs: GUEST_MS },
    );
  }

  resize(id: VmId, size: BodyInput<typeof hostRoutes.resizeVm>) {
    return this.#client.call(hostRoutes.resizeVm, { params: { id }, body: size }, { timeoutMs: GUEST_MS });
  }

  authorizeKey(id: VmId, publicKey: string) {
    return this.#client.call(
      hostRoutes.authorizeKey,
      { params: { id }, body: { publicKey } },
      { timeoutMs: GUEST_MS },
    );
  }

  /** A PNG image, onto the clipboard of the guest's display. */
  async putClipboardImage(id: VmId, image: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    const input = { params: { id }, bytes: image };
    await this.#client.call(hostRoutes.putVmClipboardImage, input, { signal, timeoutMs: GUEST_MS });
  }

  /** Files with secrets, into the home of the guest's browser user. */
  async putSecrets(id: VmId, files: readonly SecretFile[]): Promise<void> {
    const body = { files: [...files] };
    await this.#client.call(hostRoutes.putSecrets, { params: { id }, body }, { timeoutMs: GUEST_MS });
  }

  /** Looks at the whole host, or at one VM's whole path. VM_NOT_FOUND. */
  examine(vmId?: VmId): Promise<DoctorReport> {
    const body = vmId === undefined ? {} : { vmId };
    return this.#client.call(hostRoutes.examine, { body }, this.#within(60_000));
  }

  /** What hostd would repair, or (`apply`) does and then looks again. VM_NOT_FOUND. */
  fix(body: BodyInput<typeof hostRoutes.fix>): Promise<DoctorFixReport> {
    return this.#client.call(hostRoutes.fix, { body }, this.#within(120_000));
  }

  networkPicture(): Promise<NetworkPicture> {
    return this.#client.call(hostRoutes.networkPicture, {}, this.#within(20_000));
  }

  /** A tar of what was kept when the VM failed, also after the VM is gone. VM_NOT_FOUND, EVIDENCE_NOT_FOUND. */
  vmEvidence(id: VmId): Promise<Uint8Array> {
    return this.#client.bytes(hostRoutes.vmEvidence, { params: { id } }, this.#within(60_000));
  }

  /** hostd's events after a sequence number, each once, for ever (until the signal ends). */
  events(options: Omit<EventStreamOptions, "passing">): AsyncGenerator<Event, void, undefined> {
    return resumableEvents(
      (after, signal) => this.#client.stream(hostRoutes.hostEvents, { query: { after } }, { signal }),
      { ...options, passing: PASSING },
    );
  }

  /** Raw bytes to a guest service, with back-pressure. The caller destroys the stream. */
  openStream(id: VmId, service: StreamService): Promise<Duplex> {
    const { socketPath: hostSocket, timeoutScale } = this.#options;
    return openHostStream({ hostSocket, vm: id, service, timeoutScale });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }

  #within(ms: number) {
    return { timeoutMs: Math.round(ms * this.#options.timeoutScale) };
  }
}

/** Whether it is certain that hostd never saw the request. */
export function neverReached(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && ["ECONNREFUSED", "ENOENT", "EACCES"].includes(String(at.code))) return true;
  }
  return false;
}
