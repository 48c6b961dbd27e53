import { z } from "zod";
import { SessionId, ViewerId, VmId } from "../ids.ts";

/**
 * What the media gateway answers on its Unix socket, to the controller only: who the viewer is and what it may is decided
 * there. `live` is a WebSocket with a GatewayLiveQuery, `streams` a StreamReport, `rtc` an RtcReport or null, `metrics`
 * lines for Prometheus.
 */
export const GATEWAY_PATHS = {
  health: "/healthz",
  metrics: "/metrics",
  live: "/v1/live",
  streams: "/v1/streams/:session",
  rtc: "/v1/rtc",
} as const;

export const GatewayLiveQuery = z.strictObject({
  session: SessionId,
  /** The VM that the session has now. */
  vm: VmId,
  viewer: ViewerId,
  /** Whether this viewer may have the control: set the quality for all, and send input. */
  control: z.enum(["0", "1"]).transform((value) => value === "1"),
});
export type GatewayLiveQuery = z.infer<typeof GatewayLiveQuery>;

/**
 * The first byte of a binary message that the gateway sends about a viewer and not to it: numbered input of RFB that came
 * over the viewer's data channels follows. No kind of a media message.
 */
export const VIEWER_INPUT = 32;
