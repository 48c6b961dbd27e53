import { connect } from "node:net";
import type { Duplex } from "node:stream";

export interface Relay {
  /** A port of the guest's loopback. */
  readonly port: number;
  /** Bytes that came with the upgrade. */
  readonly head: Uint8Array;
  /** Sent to the client as soon as the port answers. */
  readonly greeting: string;
  refuse(why: string): void;
}

/** Joins the client with a loopback port; each side waits for the other (back-pressure), and both end together. */
export function relayTcp(client: Duplex, { port, head, greeting, refuse }: Relay): void {
  const service = connect({ host: "127.0.0.1", port, noDelay: true });
  let isJoined = false;
  service.once("connect", () => {
    isJoined = true;
    client.write(greeting);
    if (head.length > 0) service.write(head);
    client.pipe(service);
    service.pipe(client);
  });
  service.once("error", (error: NodeJS.ErrnoException) => {
    if (isJoined) client.destroy();
    else refuse(`the display does not answer (${error.code})`);
  });
  service.once("close", () => {
    if (isJoined) client.end();
  });
  client.once("close", () => service.destroy());
}
