import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EgressPolicy, ProxyCredentialsId, type Vm, type VmId } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { end, must } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";

const PROXY = "203.0.113.40";
const CREDENTIALS = ProxyCredentialsId.parse(`pxc_${"a".repeat(20)}`);
const ANN = { username: "ann", password: "planted-secret" };
const LONG = { timeout: 30_000, interval: 100 };
const policy = EgressPolicy.parse({ proxy: { url: `http://${PROXY}:3128`, credentials: CREDENTIALS } });
const env = { BROWSERVM_VMM__DRIVER: "fake", BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.2" };

let images: string;
let host: HostUnderTest;
let proxies: ChildProcess | undefined;
beforeAll(async () => {
  images = mkdtempSync(join(tmpdir(), "bvt-images-"));
  await writeFakeImages(images, { real: "fake.net=stack" });
  host = await HostUnderTest.start({ images, env });
  await must("ip", "-n", host.namespace, "link", "add", "outside0", "type", "dummy");
  await must("ip", "-n", host.namespace, "addr", "add", `${PROXY}/24`, "dev", "outside0");
  await must("ip", "-n", host.namespace, "link", "set", "outside0", "up");
});
afterAll(async () => {
  if (proxies) await end(proxies);
  await host?.[Symbol.asyncDispose]();
  rmSync(images, { recursive: true });
});

async function startProxies(): Promise<void> {
  const script = new URL("./proxy-process.ts", import.meta.url).pathname;
  const enter = ["netns", "exec", host.namespace, process.execPath, script];
  proxies = spawn("ip", [...enter, PROXY, PROXY, ANN.username, ANN.password], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(proxies.stdout as NonNullable<typeof proxies.stdout>, "data");
}

/** Guests that the kernel sends to their proxy. */
const proxied = (): string =>
  execFileSync(
    "nsenter",
    [`--net=/run/netns/${host.namespace}`, "nft", "list", "set", "inet", "browservm", "egress_proxied"],
    { encoding: "utf8" },
  );
const isProven = async (id: VmId) =>
  (await host.client.getVm(id)).gate?.steps.some((step) => step.id === "R9" && step.verdict === "pass");

async function stock(): Promise<Vm> {
  const vm = await host.vm({ image: "real" });
  expect(vm.reason).toBeUndefined();
  await expect.poll(() => isProven(vm.id), LONG).toBe(true);
  return vm;
}

test("a VM of a pool is handed out with a proxy that was checked, or not at all", async () => {
  const { id, address } = await stock();
  await host.client.putProxyCredentials(CREDENTIALS, ANN);
  await expect(host.client.claimVm(id, { claim: "ses_one", egress: policy })).rejects.toMatchObject({
    code: "PROXY_UNREACHABLE",
  });
  expect([(await host.client.egress(id)).policy, proxied().includes(`${address?.ip}`)]).toEqual([
    null,
    false,
  ]);
  await startProxies();
  await host.client.putProxyCredentials(CREDENTIALS, { ...ANN, password: "another" });
  await expect(host.client.claimVm(id, { claim: "ses_one", egress: policy })).rejects.toMatchObject({
    code: "PROXY_AUTH_REFUSED",
  });
  await host.client.putProxyCredentials(CREDENTIALS, ANN);
  // Another session than the one that was refused: nobody has it.
  await host.client.claimVm(id, { claim: "ses_two", egress: policy });
  expect(await host.client.egress(id)).toMatchObject({ policy, proxy: { status: "up" } });
  expect(proxied()).toContain(`${address?.ip}`);
});

test("a fork goes through its source's proxy, and is none when that is down", async () => {
  const source = await host.vm({ image: "real", egress: policy });
  expect(source.state).toBe("ready");
  const id = newVmId();
  await host.client.forkVm(source.id, { id });
  const fork = await host.settled(id);
  expect(fork.reason).toBeUndefined();
  expect(await host.client.egress(id)).toMatchObject({ policy, proxy: { status: "up" } });
  expect(proxied()).toContain(`${fork.address?.ip}`);
  if (proxies) await end(proxies);
  const late = newVmId();
  await host.client.forkVm(source.id, { id: late });
  expect((await host.settled(late)).reason).toMatchObject({ code: "PROXY_UNREACHABLE" });
  expect(host.log).not.toContain(ANN.password);
  for (const vm of await host.client.listVms()) await host.client.removeVm(vm.id);
  expect(await host.remains()).toEqual(NOTHING);
});
