import { once } from "node:events";
import { type Config, paths } from "@browservm/contract";
import { listenPrivately, openHostStream } from "@browservm/daemon";
import type { Logger } from "pino";
import { makeServer } from "./http/gateway-server.ts";
import { openRtc } from "./rtc/open-rtc.ts";
import { openTurn } from "./rtc/turn-servers.ts";
import { Streams } from "./streams.ts";

export interface GatewayOptions {
  readonly config: Config;
  readonly log: Logger;
  /** How long a source outlives its last viewer, in milliseconds. */
  readonly lingerMs?: number;
  /** Instead of the one of the settings; 0 = any. */
  readonly rtcPort?: number;
}

/** A gateway that listens. Dispose to stop. */
export interface Gateway extends AsyncDisposable {
  readonly socketPath: string;
  /** UDP and TCP port of WebRTC; undefined where there is none. */
  readonly rtcPort: number | undefined;
}

/** Listens on its Unix socket and, where it can, on the port of WebRTC. ALREADY_RUNNING; hostd may be away. */
export async function startGateway({ config, log, lingerMs, rtcPort }: GatewayOptions): Promise<Gateway> {
  await using undo = new AsyncDisposableStack();
  const { hostSocket, gatewaySocket } = paths(config);
  const { timeoutScale } = config.limits;
  const rtc = undo.use(await openRtc(config, log, rtcPort));
  const streams = undo.use(
    new Streams({
      media: config.media,
      open: (vm, signal) => openHostStream({ hostSocket, vm, service: "media", timeoutScale, signal }),
      rtc,
      turn: await openTurn(config.media.turn, log),
      log,
      lingerMs,
    }),
  );
  const server = makeServer(streams);
  await listenPrivately({
    path: gatewaySocket,
    who: "a gateway",
    listen: async (path) => once(server.listen(path), "listening"),
  });
  undo.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  log.info({ socket: gatewaySocket, rtcPort: rtc.desk?.port }, "the gateway listens");
  const running = undo.move();
  return {
    socketPath: gatewaySocket,
    rtcPort: rtc.desk?.port,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
