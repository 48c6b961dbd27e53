import type { GuestCall, GuestParams, GuestResult, VmAddress } from "@browservm/contract";
import type { Guest } from "../../guest/guest.ts";
import type { NetworkPlan } from "../../net/host-network.ts";
import { askTwice } from "./ask-twice.ts";
import { isCertain, PING_OVERHEAD_BYTES } from "./probe-to-guest.ts";
import type { PathProbe, PingAnswer } from "./vm-sight.ts";

type FromGuest = NonNullable<PathProbe["fromGuest"]>;

/** Longest waits inside the guest on a machine with KVM; the channel gets some more. */
const PING_MS = 1000;
const TCP_MS = 1500;
const CHANNEL_MS = 2000;
const LONGEST_MS = 30_000;
const SMALL_BYTES = 56;
/** Nobody listens there, and our rules reject it all the same (discard, RFC 863). */
const CLOSED_PORT = 9;
/** IANA's own (RFC 2606): that there is an answer counts, not which. */
const KNOWN_NAME = "example.com";

export interface GuestAsked {
  readonly guest: Pick<Guest, "call">;
  readonly address: VmAddress;
  readonly plan: NetworkPlan;
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** The guest's own packets, asked for over the control channel. Rejects when the channel is silent. */
export async function probeFromGuest(asked: GuestAsked): Promise<FromGuest> {
  const { plan, address } = asked;
  const closed = plan.closed.find(({ ip }) => ip === address.gateway)?.port ?? CLOSED_PORT;
  const { openTarget, hasUplink } = plan;
  const [gateway, closedPort, outside, dns] = await Promise.all([
    askTwice(() => pingGateway(asked, SMALL_BYTES, false), isOk),
    askTwice(() => tcp(asked, address.gateway, closed), isCertain),
    hasUplink && openTarget
      ? askTwice(() => tcp(asked, openTarget.ip, openTarget.port), isCertain)
      : undefined,
    hasUplink && plan.dns.length > 0 ? askTwice(() => resolve(asked), isOk) : undefined,
  ]);
  const fullSize = gateway.ok
    ? await askTwice(() => pingGateway(asked, plan.mtu - PING_OVERHEAD_BYTES, true), isOk)
    : undefined;
  return {
    gateway,
    closedPort,
    ...(fullSize ? { fullSize } : {}),
    ...(outside ? { outside } : {}),
    ...(dns ? { dns } : {}),
  };
}

const isOk = ({ ok }: { readonly ok: boolean }): boolean => ok;

async function pingGateway(
  asked: GuestAsked,
  payloadBytes: number,
  dontFragment: boolean,
): Promise<PingAnswer> {
  const { gateway: address } = asked.address;
  const timeoutMs = within(PING_MS, asked);
  const { ok, error } = await call(asked, "probe.ping", { address, payloadBytes, dontFragment, timeoutMs });
  return ok || error === undefined ? { ok } : { ok, error };
}

async function tcp(asked: GuestAsked, address: VmAddress["ip"], port: number) {
  const timeoutMs = within(TCP_MS, asked);
  return (await call(asked, "probe.tcp", { address, port, timeoutMs })).answer;
}

/** A server that says "there is no such name" answers. */
async function resolve(asked: GuestAsked): Promise<NonNullable<FromGuest["dns"]>> {
  const timeoutMs = within(TCP_MS * 2, asked);
  const { ok, error } = await call(asked, "probe.dns", { name: KNOWN_NAME, timeoutMs });
  const answered = ok || error === "ENOTFOUND" || error === "ENODATA";
  return answered || error === undefined ? { ok: answered } : { ok: answered, error };
}

function call<C extends GuestCall & `probe.${string}`>(
  { guest, patience, signal }: GuestAsked,
  name: C,
  params: GuestParams<C> & { readonly timeoutMs: number },
): Promise<GuestResult<C>> {
  return guest.call(name, params, { timeoutMs: params.timeoutMs + CHANNEL_MS * patience, signal });
}

const within = (ms: number, { patience }: GuestAsked): number => Math.min(ms * patience, LONGEST_MS);
