import { expect, test } from "vitest";
import { PacketHistory } from "./packet-history.ts";

const packet = (sequence: number) => ({ payload: Buffer.from("x"), isLast: false, timestamp: 1, sequence });

test("a packet is sent again when it is missed, not twice at once, and not when it is forgotten", () => {
  const history = new PacketHistory();
  history.add("vp8", packet(7), 0);
  expect(history.take(7, 10)).toBeUndefined();
  expect(history.take(7, 50)?.packet).toEqual(packet(7));
  expect(history.take(7, 60)).toBeUndefined();
  expect(history.take(7, 80)?.codec).toBe("vp8");
  expect(history.take(8, 80)).toBeUndefined();
  history.add("vp8", packet(7 + 1024), 100);
  expect(history.take(7, 900)).toBeUndefined();
});
