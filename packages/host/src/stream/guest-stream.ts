import { request } from "node:http";
import type { Duplex } from "node:stream";
import {
  AGENT_PATHS,
  AGENT_PORT,
  BrowserVmError,
  SSH_PORT,
  STREAM_UPGRADE,
  type StreamService,
} from "@browservm/contract";
import { connectTcp } from "./tcp.ts";

/** Where a VM's services are, and the token that its agent wants. */
export interface GuestEndpoint {
  readonly ip: string;
  readonly token: string;
  readonly timeoutMs: number;
}

const KNOWN = ["vnc", "media", "ssh", "agent", "port-<n>"];
/** What the agent itself relays: it listens on the guest's loopback only, or on no port at all. */
const RELAYED = ["vnc", "media"] as const;
/** The agent's answer about `media` in an image that has none (guest-agent/src/http/serve-http.ts). */
const NO_MEDIA = 503;

/** Raw bytes to one named service of the VM's own address. STREAM_UNAVAILABLE, STREAM_REFUSED. */
export async function openGuestStream(
  endpoint: GuestEndpoint,
  service: StreamService,
  signal?: AbortSignal,
): Promise<Duplex> {
  const relayed = RELAYED.find((name) => name === service);
  if (relayed) return upgradeTo(relayed, endpoint, signal);
  const port = portOf(service);
  if (port === undefined)
    throw new BrowserVmError("STREAM_UNAVAILABLE", `this guest offers no "${service}" stream`, {
      known: KNOWN,
    });
  return connectTcp({ ip: endpoint.ip, port, timeoutMs: endpoint.timeoutMs, ...(signal ? { signal } : {}) });
}

function portOf(service: StreamService): number | undefined {
  if (service === "ssh") return SSH_PORT;
  if (service === "agent") return AGENT_PORT;
  const port = Number(/^port-(\d+)$/.exec(service)?.[1]);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The agent relays these to whoever has the token. */
function upgradeTo(
  service: (typeof RELAYED)[number],
  { ip, token, timeoutMs }: GuestEndpoint,
  signal?: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const call = request({
      host: ip,
      port: AGENT_PORT,
      path: AGENT_PATHS[service],
      headers: { authorization: `Bearer ${token}`, connection: "Upgrade", upgrade: STREAM_UPGRADE },
      ...(signal ? { signal } : {}),
    });
    const refuse = (words: string, code: "STREAM_REFUSED" | "STREAM_UNAVAILABLE" = "STREAM_REFUSED") => {
      call.destroy();
      reject(new BrowserVmError(code, `${service} at ${ip}: ${words}`));
    };
    const timer = setTimeout(() => refuse("no answer in time"), timeoutMs);
    call.once("upgrade", (_response, socket, head) => {
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    call.once("response", (response) => {
      clearTimeout(timer);
      if (service === "media" && response.statusCode === NO_MEDIA)
        refuse("this image sends no media", "STREAM_UNAVAILABLE");
      else refuse(`the agent answered ${response.statusCode}`);
    });
    call.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      refuse(error.code ?? error.message);
    });
    call.end();
  });
}
