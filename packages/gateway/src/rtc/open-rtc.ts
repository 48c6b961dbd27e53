import type { Config } from "@browservm/contract";
import type { Logger } from "pino";
import { announcedAddresses, listenHost } from "./announced-addresses.ts";
import { PeerWay } from "./peer-way.ts";
import type { RtcDesk } from "./rtc-desk.ts";
import { RtcPort } from "./rtc-port.ts";
import { makeWeriftPeer } from "./werift-peer.ts";

/** WebRTC on the port of the settings. Undefined where it is switched off, or the port cannot be had: video goes by WebSocket then. */
export async function openRtc(
  config: Pick<Config, "media" | "listen">,
  log: Logger,
  port: number = config.media.port,
): Promise<RtcDesk | undefined> {
  if (config.media.port === 0) return undefined;
  const host = listenHost(config);
  try {
    return deskOn(await RtcPort.open({ host, port }), announcedAddresses(config.media, host));
  } catch (error) {
    log.error(
      { err: error, host, port },
      "the port of WebRTC cannot be opened: video goes by WebSocket only",
    );
    return undefined;
  }
}

function deskOn(port: RtcPort, addresses: readonly string[]): RtcDesk {
  return {
    port: port.port,
    connect: (events) => new PeerWay({ makePeer: makeWeriftPeer, port, addresses, events }),
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  };
}
