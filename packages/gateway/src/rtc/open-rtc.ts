import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { Config, RtcReport } from "@browservm/contract";
import type { Logger } from "pino";
import { announcedAddresses, listenHost } from "./announced-addresses.ts";
import { PeerWay } from "./peer-way.ts";
import type { RtcDesk } from "./rtc-desk.ts";
import { RtcPort } from "./rtc-port.ts";
import { makeWeriftPeer } from "./werift-peer.ts";

/** What there is of WebRTC. */
export interface Rtc extends AsyncDisposable {
  /** Undefined where it is switched off, or the port cannot be had: video goes by WebSocket then. */
  readonly desk: RtcDesk | undefined;
  /** Null where it is switched off. */
  report(): RtcReport | null;
}

/** WebRTC on the port of the settings. */
export async function openRtc(
  config: Pick<Config, "media" | "listen">,
  log: Logger,
  port: number = config.media.port,
): Promise<Rtc> {
  if (config.media.port === 0) return without(null);
  const host = listenHost(config);
  const addresses = announcedAddresses(config.media, host);
  try {
    const desk = deskOn(await RtcPort.open({ host, port }), addresses);
    return {
      desk,
      report: () => ({ port: desk.port, addresses: located(addresses), problem: null }),
      [Symbol.asyncDispose]: () => desk[Symbol.asyncDispose](),
    };
  } catch (error) {
    log.error(
      { err: error, host, port },
      "the port of WebRTC cannot be opened: video goes by WebSocket only",
    );
    const problem = error instanceof Error ? error.message : String(error);
    return without({ port, addresses: located(addresses), problem });
  }
}

const without = (report: RtcReport | null): Rtc => ({
  desk: undefined,
  report: () => report,
  [Symbol.asyncDispose]: async () => {},
});

function deskOn(port: RtcPort, addresses: readonly string[]): RtcDesk {
  return {
    port: port.port,
    connect: (events) => new PeerWay({ makePeer: makeWeriftPeer, port, addresses, events }),
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  };
}

/** Names are nobody's: where they lead is not looked up. */
function located(addresses: readonly string[]): RtcReport["addresses"] {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
  return addresses.map((address) => ({ address, isLocal: isIP(address) !== 0 && own.has(address) }));
}
