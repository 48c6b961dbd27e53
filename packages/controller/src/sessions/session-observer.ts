import { type Reason, toBrowserVmError, type Vm, type VmId } from "@browservm/contract";
import type { Logger } from "pino";
import type { HostClient } from "../host/host-client.ts";
import type { SessionProfiles } from "../profiles/session-profiles.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { awaitsClaim, lookAt, type SessionRecord } from "./session-record.ts";
import { isLive, statusAfter } from "./session-status.ts";
import { sessionStore } from "./session-store.ts";
import type { SessionWriter } from "./session-writer.ts";

export interface ObserverDeps {
  readonly store: Store;
  readonly writer: SessionWriter;
  readonly host: HostClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly profiles: Pick<SessionProfiles, "load">;
}

interface Looking {
  /** Asked for once more while a look is under way. */
  again: boolean;
  done: Promise<void>;
}

const NO_REASON: Reason = {
  code: "INTERNAL",
  message: "the VM failed without saying why",
  fix: "Look at `browservm logs --source vmm`.",
};

/** Takes what hostd says about VMs over into sessions. Looks at the VM itself, so a lost event does no harm. */
export class SessionObserver {
  readonly #deps: ObserverDeps;
  readonly #looking = new Map<VmId, Looking>();
  readonly #opening = new Set<VmId>();

  constructor(deps: ObserverDeps) {
    this.#deps = deps;
  }

  /** Looks at a VM soon; many calls in a row become few looks. */
  refresh(vmId: VmId): void {
    this.look(vmId).catch((error: unknown) => {
      // The next reconcile looks again; hostd being away is its news, not ours.
      this.#deps.log.debug({ vmId, err: error }, "a VM could not be looked at");
    });
  }

  /** Looks at a VM and answers when that is taken over. One look at a time, so that no old one comes after a new one. */
  look(vmId: VmId): Promise<void> {
    const running = this.#looking.get(vmId);
    if (running) {
      running.again = true;
      return running.done;
    }
    const looking: Looking = { again: true, done: Promise.resolve() };
    this.#looking.set(vmId, looking);
    looking.done = this.#lookWhileAsked(vmId, looking);
    return looking.done;
  }

  /** Takes over what hostd answered when it gave the session its VM, unless a look came before: that one is newer. */
  adopt(vm: Vm): Promise<void> {
    return this.#observe(vm, ({ vm: seen }) => seen === null);
  }

  /** Takes over one look at a VM; opens the session's page as soon as that is possible. */
  async #observe(vm: Vm, isNews: (before: SessionRecord) => boolean = () => true): Promise<void> {
    const known = await sessionStore.findByVm(this.#deps.store, vm.id);
    if (!known || awaitsClaim(known)) return;
    const { look, gate } = lookAt(vm);
    const isNewGate = !isSame(gate, await sessionStore.gate(this.#deps.store, known.id));
    const record = await this.#deps.writer.change(known.id, {
      gate,
      next: (before) => {
        if (!isLive(before.status) || before.vmId !== vm.id || awaitsClaim(before)) return undefined;
        if (!isNews(before)) return undefined;
        const status = mayBeReady(before, vm) ? statusAfter(before.status, vm.state) : before.status;
        if (status === before.status && !isNewGate && isSame(look, before.vm)) return undefined;
        const reason = reasonOf(before, status, vm);
        return { ...before, vm: look, status, reason };
      },
    });
    if (vm.state === "ready" && known.vm?.state !== "ready" && known.readyAt === null) this.#count(record);
    if (!isLive(record.status) || vm.state !== "ready") return;
    if (wantsProfile(record)) void this.#loadProfile(record);
    else if (wantsPage(record)) void this.#openPage(record);
  }

  #count({ createdAt, isClaimed, vm }: SessionRecord): void {
    const origin = isClaimed ? "pool" : (vm?.origin ?? "unknown");
    this.#deps.metrics.started(origin, Date.now() - Date.parse(createdAt));
  }

  async #lookWhileAsked(vmId: VmId, looking: Looking): Promise<void> {
    try {
      while (looking.again) {
        looking.again = false;
        await this.#observe(await this.#deps.host.getVm(vmId));
      }
    } finally {
      this.#looking.delete(vmId);
    }
  }

  /** Its profile comes before its page. */
  async #loadProfile(record: SessionRecord): Promise<void> {
    const { profiles, log } = this.#deps;
    try {
      await profiles.load(record);
      const now = await sessionStore.find(this.#deps.store, record.id);
      if (now && !wantsProfile(now)) await this.look(record.vmId);
    } catch (error) {
      // The next look tries again.
      log.warn({ sessionId: record.id, err: error }, "the session's profile could not be looked after");
    }
  }

  /** Opens the page that the session was made for. That it cannot be opened is told, and no reason to fail. */
  async #openPage({ id, vmId, request }: SessionRecord): Promise<void> {
    if (this.#opening.has(vmId) || request.url === undefined) return;
    this.#opening.add(vmId);
    const { writer, host, log } = this.#deps;
    try {
      const refused = await host.navigate(vmId, request.url).then(
        () => undefined,
        (error: unknown) => toBrowserVmError(error),
      );
      // hostd went away: nothing was opened, and the next look tries again.
      if (refused?.code === "HOST_UNREACHABLE") return;
      const data = { url: request.url, ...(refused ? { error: refused.toProblem() } : {}) };
      await writer.change(id, {
        next: (record) => ({ ...record, isNavigated: true }),
        events: () => [{ type: "session.navigated", data }],
      });
      await this.look(vmId);
    } catch (error) {
      log.warn({ sessionId: id, err: error }, "the session's page could not be opened");
    } finally {
      this.#opening.delete(vmId);
    }
  }
}

/** A paused session may have one too: then a resume has failed, and it is paused as before. */
function reasonOf({ reason }: SessionRecord, status: SessionRecord["status"], vm: Vm): Reason | null {
  if (status === "failed") return vm.reason ?? NO_REASON;
  if (status === "paused") return vm.state === "paused" ? (vm.reason ?? null) : null;
  return status === "ready" ? null : reason;
}

const wantsPage = ({ request, isNavigated }: SessionRecord) => request.url !== undefined && !isNavigated;

const wantsProfile = ({ profile, status }: SessionRecord) =>
  status === "pending" && (profile?.state === "waiting" || profile?.state === "loading");

/** A session that was made for a page, or with a profile, is ready when the page was opened, not before. */
const mayBeReady = (record: SessionRecord, vm: Vm) =>
  !(vm.state === "ready" && record.status === "pending" && (wantsProfile(record) || wantsPage(record)));

/** Both sides went through the same schema, so equal things have equal texts. */
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
