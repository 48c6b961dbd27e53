import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";

let images: string;
beforeAll(async () => {
  images = mkdtempSync(join(tmpdir(), "bvt-images-"));
  await writeFakeImages(images, { real: "fake.net=stack" });
});
afterAll(() => rmSync(images, { recursive: true }));

const env = {
  BROWSERVM_VMM__DRIVER: "fake",
  BROWSERVM_LIMITS__STABILITY_SECONDS: "1",
  BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.2",
};
const policy = (...allow: string[]) => ({ allow, deny: [] });

test("a VM is made, proven, adopted and ended with its policy, which can be changed meanwhile", async () => {
  await using host = await HostUnderTest.start({ images, env });
  const { client, namespace } = host;
  /** What the kernel has of policies, with our bare address sets left out. */
  const allowed = () =>
    execFileSync(
      "nsenter",
      [`--net=/run/netns/${namespace}`, "nft", "list", "set", "inet", "browservm", "egress_allowed"],
      { encoding: "utf8" },
    );

  const vm = await host.vm({ image: "real", egress: policy("203.0.113.7:443", "a.example") });
  expect(vm.reason).toBeUndefined();
  expect(vm.state).toBe("ready");
  expect(allowed()).toContain(`${vm.address?.ip} . 203.0.113.7 . 443`);
  expect(await client.egress(vm.id)).toMatchObject({
    policy: policy("203.0.113.7:443", "a.example"),
    default: "deny",
  });

  await client.setEgress(vm.id, policy("203.0.113.8"));
  expect(allowed()).not.toContain("203.0.113.7");

  await host.end("SIGKILL");
  await host.startHostd();
  expect((await host.settled(vm.id)).state).toBe("ready");
  expect(allowed()).toContain(`${vm.address?.ip} . 203.0.113.8 . 0-65535`);
  expect(await client.egress(vm.id)).toMatchObject({ policy: policy("203.0.113.8") });
  expect((await client.examine(vm.id)).findings.filter(({ code }) => code === "egress-rules")).toMatchObject([
    { verdict: "pass" },
  ]);

  await client.setEgress(vm.id, null);
  expect(await client.egress(vm.id)).toMatchObject({ policy: null, default: "allow" });
  expect(allowed()).not.toContain("203.0.113");
  await client.removeVm(vm.id);
  expect(await host.remains()).toEqual(NOTHING);
});
