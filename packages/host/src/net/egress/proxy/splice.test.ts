import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { splice } from "./splice.ts";

let server: Server;
let port: number;
const open: Socket[] = [];
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  server.close();
});

/** A real connection: the end of somebody outside, and ours. */
async function pair(): Promise<{ outer: Socket; inner: Socket }> {
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const outer = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const [inner] = await accepted;
  for (const socket of [outer, inner]) socket.on("error", () => {});
  open.push(outer, inner);
  return { outer, inner };
}

async function joined(halfClosedMs?: number) {
  const [guest, proxy] = [await pair(), await pair()];
  splice(guest.inner, proxy.inner, halfClosedMs);
  return { guest: guest.outer, proxy: proxy.outer, ours: [guest.inner, proxy.inner] };
}

const heard = async (socket: Socket) => String((await once(socket, "data"))[0]);

test("both hear each other, and an end of one direction leaves the other", async () => {
  const { guest, proxy } = await joined();
  guest.write("to the proxy");
  expect(await heard(proxy)).toBe("to the proxy");
  guest.end();
  proxy.resume();
  await once(proxy, "end");
  proxy.write("still to the guest");
  expect(await heard(guest)).toBe("still to the guest");
  proxy.end();
  guest.resume();
  await once(guest, "end");
});

test.each(["guest", "proxy"] as const)("a %s that breaks off breaks the other off", async (who) => {
  const ends = await joined();
  const other = who === "guest" ? ends.proxy : ends.guest;
  const failed = once(other, "error");
  other.resume();
  ends[who].resetAndDestroy();
  const [error] = await failed.catch((reason: unknown) => [reason]);
  expect(error).toMatchObject({ code: "ECONNRESET" });
});

test("who has ended, and whose other side says nothing more, is not waited for without end", async () => {
  const { guest, proxy, ours } = await joined(50);
  proxy.resume();
  guest.end();
  await once(proxy, "end");
  await expect.poll(() => ours.map(({ destroyed }) => destroyed)).toEqual([true, true]);
});

test("who does not read is not read for: nothing is piled up", async () => {
  const { guest, proxy } = await joined();
  proxy.pause();
  const piece = Buffer.alloc(1_048_576);
  let sent = 0;
  for (; sent < 64 && guest.write(piece); ) sent += 1;
  for (let tries = 0; tries < 64 && sent < 64; tries += 1) {
    await Promise.race([once(guest, "drain"), sleep(30)]);
    if (guest.writableNeedDrain) break;
    guest.write(piece);
    sent += 1;
  }
  expect(guest.writableNeedDrain).toBe(true);
  expect(sent).toBeLessThan(64);
});
