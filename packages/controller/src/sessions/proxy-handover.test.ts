import { EgressPolicy, ProxyCredentialsId } from "@browservm/contract";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { ProxyHandover } from "./proxy-handover.ts";
import { sessionStore } from "./session-store.ts";

const id = ProxyCredentialsId.parse(`pxc_${"a".repeat(20)}`);
const egress = EgressPolicy.parse({ proxy: { url: "http://p.example", credentials: id } });
const ANN = { username: "ann", password: "s3cret" };

test("what could not be looked for is still to be told", async () => {
  const told: unknown[] = [];
  const handover = new ProxyHandover({
    store: {} as never,
    host: { putProxyCredentials: async (...args: unknown[]) => void told.push(args) } as never,
    proxies: { open: async () => ANN } as never,
    log: pino({ level: "silent" }),
  });
  const unsettled = vi.spyOn(sessionStore, "unsettled");
  unsettled.mockRejectedValueOnce(new Error("the database is busy"));
  unsettled.mockResolvedValue([{ request: { egress } }] as never);
  await handover.tellDue(); // nothing is due
  expect(unsettled).not.toHaveBeenCalled();
  handover.hostBegins();
  await expect(handover.tellDue()).rejects.toThrow("busy");
  await handover.tellDue();
  await handover.tellDue();
  expect(told).toEqual([[id, ANN]]);
  unsettled.mockRestore();
});
