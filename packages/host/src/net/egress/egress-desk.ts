import {
  type EgressPolicy,
  type EgressQuery,
  type EgressReport,
  egressDefault,
  sanitizeLine,
  type VmId,
} from "@browservm/contract";
import { elementsOf, listNft } from "../firewall/nft.ts";
import type { HeldSlot } from "../slots.ts";
import { compileEgress } from "./compile.ts";
import { type Answer, type DnsMessage, decodeQuestion, encodeReply, type Reply } from "./dns-message.ts";
import { type AnswerMessage, DnsServer } from "./dns-server.ts";
import type { SlotEgress } from "./egress-elements.ts";
import { EGRESS_DNS_PORT } from "./egress-rules.ts";
import { EGRESS_TABLE } from "./egress-sets.ts";
import { type Judgement, judge, type Sifted, sift, type TtlBounds } from "./judge.ts";
import { ProxyDesk, type ProxyDeskOptions } from "./proxy/proxy-desk.ts";
import { QueryLog } from "./query-log.ts";
import { askResolvers } from "./resolvers-client.ts";

/** An address stays open for a while after its answer: who got it in the last moment has yet to connect. */
const GRACE_SECONDS = 30;
const TTL: TtlBounds = { least: 10, most: 300 };
/** What a guest with a proxy was told is over soon, for a hostd that comes back knows nothing of it. */
const SYNTHETIC_SECONDS = 30;
const MOST_LOGS = 1024;
const MOST_NAME_CHARS = 255;

export interface EgressOptions extends ProxyDeskOptions {
  readonly ttl?: TtlBounds;
  readonly graceSeconds?: number;
}

type Guest = HeldSlot & { readonly egress: SlotEgress };
type Verdict = Pick<EgressQuery, "verdict" | "rule"> & {
  readonly reply: Reply;
  readonly addresses?: readonly string[];
};

/** Where sessions may go: sets it, answers the DNS of those who have a policy, and tells what came of it. */
export class EgressDesk implements AsyncDisposable {
  readonly #options: EgressOptions;
  readonly #logs = new Map<number, QueryLog>();
  /** Proxies of sessions. */
  readonly proxies: ProxyDesk;
  #server: DnsServer | undefined;

  private constructor(options: EgressOptions, proxies: ProxyDesk) {
    this.#options = options;
    this.proxies = proxies;
  }

  /** The bridge must have its address. */
  static async open(options: EgressOptions): Promise<EgressDesk> {
    await using undo = new AsyncDisposableStack();
    const desk = new EgressDesk(options, undo.use(await ProxyDesk.open(options)));
    const ip = options.network.plan.gateway;
    desk.#server = await DnsServer.listen({ ip, port: EGRESS_DNS_PORT, answer: desk.#answer });
    undo.move();
    return desk;
  }

  set(vmId: VmId, policy: EgressPolicy | undefined): Promise<void> {
    return this.#options.network.setEgress(vmId, policy);
  }

  async report(vmId: VmId): Promise<EgressReport> {
    const { network } = this.#options;
    const egress = network.egressOf(vmId);
    const ip = network.addressOf(vmId)?.ip;
    const log = egress && this.#logs.get(egress.mark);
    const refused = elementsOf(await listNft(), EGRESS_TABLE, "egress_refused").find(
      ({ parts }) => parts[0] === ip,
    );
    const proxy = this.proxies.report(vmId);
    const learned = ip && egress ? network.parts.learned.of(ip) : [];
    return {
      policy: egress?.policy ?? null,
      default: egress ? egressDefault(egress.policy) : "allow",
      inForce: true,
      refused: refused?.counter ?? { packets: 0, bytes: 0 },
      learned: learned.map(({ name, address, untilMs }) => ({
        name,
        address,
        until: new Date(untilMs).toISOString(),
      })),
      counts: { ...log?.counts },
      queries: log?.last ?? [],
      ...(proxy ? { proxy } : {}),
    };
  }

  readonly #answer: AnswerMessage = async (guest, bytes, transport) => {
    const query = decodeQuestion(bytes);
    if (!query) return undefined;
    try {
      return encodeReply(query, await this.#reply(guest, query), transport);
    } catch (error) {
      this.#options.log.warn({ err: error, guest }, "a question of a guest could not be answered");
      return encodeReply(query, { rcode: "SERVFAIL" }, transport);
    }
  };

  async #reply(ip: string, query: DnsMessage): Promise<Reply> {
    const began = performance.now();
    const guest = this.#guestAt(ip);
    if (!guest) return { rcode: "REFUSED" };
    const log = this.#logOf(guest);
    const told: Verdict = log.mayAsk()
      ? await this.#resolve(guest, judge(query, compileEgress(guest.egress.policy)))
      : { verdict: "limited", reply: { rcode: "REFUSED" } };
    this.#note(guest, log, { query, told, ms: performance.now() - began });
    return told.reply;
  }

  async #resolve(guest: Guest, judgement: Judgement): Promise<Verdict> {
    if (judgement.do === "answer") return judgement;
    const { rule, ports } = judgement;
    const by = rule ? { rule } : {};
    // No question of it leaves this host: its proxy is asked for the name.
    if (guest.egress.policy.proxy) return { ...by, ...this.#synthesize(guest, judgement) };
    const answer = await askResolvers(this.#options.network.plan.dns, judgement);
    if (!answer) return { verdict: "failed", ...by, reply: { rcode: "SERVFAIL" } };
    const { ttl = TTL } = this.#options;
    const sifted = sift(judgement, answer, { egress: compileEgress(guest.egress.policy), ttl });
    if (ports.length === 0 || sifted.addresses.length === 0) return { ...by, ...sifted };
    const isOpen = await this.#open(guest, judgement, sifted);
    return isOpen ? { ...by, ...sifted } : { verdict: "limited", ...by, reply: { rcode: "SERVFAIL" } };
  }

  #synthesize({ vmId }: Guest, { name, type }: Extract<Judgement, { do: "ask" }>): Verdict {
    if (type !== "A") return { verdict: "allowed", reply: { rcode: "NOERROR" } };
    const address = this.proxies.addressFor(vmId, name);
    const answers: Answer[] = [{ name, type: "A", class: "IN", ttl: SYNTHETIC_SECONDS, data: address }];
    return { verdict: "allowed", reply: { rcode: "NOERROR", answers }, addresses: [address] };
  }

  /** Before the guest learns the address, the kernel lets it go there. */
  async #open(
    { vmId, address, egress }: Guest,
    { name, ports }: Extract<Judgement, { do: "ask" }>,
    { addresses, seconds }: Sifted,
  ): Promise<boolean> {
    const { network, graceSeconds = GRACE_SECONDS } = this.#options;
    const { learned, firewall, slots } = network.parts;
    const times = { seconds: seconds + graceSeconds, spareSeconds: graceSeconds };
    const isLearned = await learned.learn({ guest: address.ip, name, ports, addresses, ...times });
    if (network.egressOf(vmId)?.mark === egress.mark) return isLearned;
    // Meanwhile the policy was changed, or the slot is another's: what was just opened must not stay by itself.
    const now = slots.held().find((held) => held.address.slot === address.slot) ?? { address };
    learned.keepOnly(now);
    await firewall.change(now, learned.elementsOf(address.ip));
    return false;
  }

  #guestAt(ip: string): Guest | undefined {
    const held = this.#options.network.held().find(({ address }) => address.ip === ip);
    return held?.egress ? { ...held, egress: held.egress } : undefined;
  }

  #logOf({ egress }: Guest): QueryLog {
    const log = this.#logs.get(egress.mark) ?? new QueryLog();
    // The one that was used last stays longest.
    this.#logs.delete(egress.mark);
    this.#logs.set(egress.mark, log);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > MOST_LOGS && oldest !== undefined) this.#logs.delete(oldest);
    return log;
  }

  #note(
    { vmId }: Guest,
    log: QueryLog,
    { query, told, ms }: { readonly query: DnsMessage; readonly told: Verdict; readonly ms: number },
  ): void {
    const [question] = query.questions ?? [];
    const { verdict, rule, addresses = [] } = told;
    const refusals = log.add({
      at: new Date().toISOString(),
      name: printable(question?.name ?? ""),
      type: (question?.type ?? "none").slice(0, 16),
      verdict,
      ...(rule ? { rule } : {}),
      addresses: [...addresses],
      ms: Math.round(ms * 10) / 10,
    });
    if (refusals) this.#options.events.append(vmId, "egress.denied", { ...refusals });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.proxies[Symbol.asyncDispose]();
  }
}

/** A name is the guest's own words. */
const printable = (name: string): string => sanitizeLine(name, MOST_NAME_CHARS).replace(/[^\x20-\x7e]/g, "?");
