import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeId, type Vm, VmId } from "@browservm/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";

let store: string;
let host: HostUnderTest;

const ENV = {
  BROWSERVM_VMM__DRIVER: "fake",
  BROWSERVM_SNAPSHOTS__USE: "never",
  BROWSERVM_LIMITS__STABILITY_SECONDS: "1",
  BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.2",
  BROWSERVM_NETWORK__CIDR: "192.168.100.0/27",
};

beforeAll(async () => {
  store = await mkdtemp("/tmp/bvt-images-");
  await writeFakeImages(store, { stack: "fake.net=stack", count: "fake.net=stack fake.console=count" });
  host = await HostUnderTest.start({ images: store, env: ENV });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(store, { recursive: true, force: true });
});

const freshId = () => VmId.parse(makeId("vm", randomBytes(20)));

async function readyVm(image = "stack"): Promise<Vm> {
  const vm = await host.vm({ image });
  expect(vm.reason).toBeUndefined();
  return vm;
}

test("smoke: pause and resume", async () => {
  const vm = await readyVm();
  const paused = await host.client.pauseVm(vm.id);
  expect(paused.state).toBe("paused");
  console.log(JSON.stringify(paused.paused), paused.steps.map((s) => `${s.step} ${s.durationMs}`).join());
  console.log(JSON.stringify(await host.remains()));
  await host.client.resumeVm(vm.id);
  const resumed = await host.settled(vm.id);
  console.log(
    JSON.stringify(resumed.reason),
    resumed.state,
    resumed.steps.map((s) => `${s.step} ${s.durationMs}`).join(),
  );
  await host.client.removeVm(vm.id);
  expect(await host.remains()).toEqual(NOTHING);
});
