import { z } from "zod";
import { BridgePort, NetworkPicture, Repair } from "../host/network-picture.ts";
import { SessionId } from "../ids.ts";

const OfSession = { sessionId: SessionId.optional() };

/** hostd's picture of the bridge, with the session of each VM where one is known. */
export const HostPicture = NetworkPicture.extend({
  ports: z.array(BridgePort.extend(OfSession)),
  unplugged: z.array(NetworkPicture.shape.unplugged.element.extend(OfSession)),
  repairs: z.array(Repair.extend(OfSession)).max(50),
});
export type HostPicture = z.infer<typeof HostPicture>;
