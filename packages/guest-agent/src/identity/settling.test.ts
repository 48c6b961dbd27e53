import { expect, test } from "vitest";
import { AgentLog } from "../agent-log.ts";
import { Settling } from "./settling.ts";

function settling({ isUnsettled = true, isBusy = (): boolean => false } = {}) {
  const told: string[] = [];
  const deaf = new Set<string>();
  const hears = (name: string) => async () => {
    told.push(name);
    if (deaf.has(name)) throw new Error("no answer");
  };
  const tell = { networkd: hears("networkd"), sshd: hears("sshd") };
  const log = new AgentLog({ write: () => {} });
  return { told, deaf, settling: new Settling({ log, isUnsettled, isBusy, tell }) };
}

test("of a new identity everybody is told once, however often the host says hello", async () => {
  const { told, settling: one } = settling();
  await Promise.all([one.settleWhenIdle(), one.settleWhenIdle()]);
  await one.settleWhenIdle();
  expect(told).toEqual(["networkd", "sshd"]);
  expect(one.isUnsettled).toBe(false);
});

test("an agent that took no identity tells nobody", async () => {
  const { told, settling: one } = settling({ isUnsettled: false });
  await one.settleWhenIdle();
  expect(told).toEqual([]);
});

test("whoever did not hear it is told again at the next hello, and until then it is left to be done", async () => {
  const { told, deaf, settling: one } = settling();
  deaf.add("networkd");
  await one.settleWhenIdle();
  expect([told, one.isUnsettled]).toEqual([["networkd", "sshd"], true]);
  deaf.clear();
  await one.settleWhenIdle();
  expect([told.length, one.isUnsettled]).toEqual([4, false]);
});

test("nobody is told while a person waits for the first picture", async () => {
  let isBusy = true;
  const { told, settling: one } = settling({ isBusy: () => isBusy });
  const settled = one.settleWhenIdle();
  expect([told, one.isUnsettled]).toEqual([[], true]);
  isBusy = false;
  await settled;
  expect(told).toEqual(["networkd", "sshd"]);
});
