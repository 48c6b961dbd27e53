import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Joins the client with a loopback port, once that answers: `greet` then tells the client, else `refuse`. */
export function relayTcp(
  client: Duplex,
  parts: { readonly port: number; readonly head: Uint8Array; greet(): void; refuse(why: string): void },
): void {
  const service = connect({ host: "127.0.0.1", port: parts.port, noDelay: true });
  const onError = (error: NodeJS.ErrnoException) =>
    parts.refuse(`the display does not answer (${error.code})`);
  const onGone = () => service.destroy();
  client.once("close", onGone);
  service.once("error", onError).once("connect", () => {
    service.off("error", onError);
    client.off("close", onGone);
    parts.greet();
    join(client, service, parts.head);
  });
}

/** Joins the client with a service that is connected; each waits for the other (back-pressure), and both end together. */
export function join(client: Duplex, service: Socket, head: Uint8Array): void {
  service.once("error", () => client.destroy());
  if (client.destroyed) {
    service.destroy();
    return;
  }
  service.once("close", () => client.end());
  client.once("close", () => service.destroy());
  if (head.length > 0) service.write(head);
  client.pipe(service);
  service.pipe(client);
}
