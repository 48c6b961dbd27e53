import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecFrame, makeId, type Vm, VmId } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { readFrozen } from "../../packages/host/src/vmm/fake/frozen-file.ts";
import type { GuestMemory } from "../../packages/host/src/vmm/fake/guest-memory.ts";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { countedOn } from "./tiny-init.ts";

const IMAGES = {
  stack: "fake.net=stack fake.console=count",
  painted: "fake.net=stack fake.browser=painted",
  never: "fake.boot=never",
  panics: "fake.boot=panic",
};

/** A real hostd with fake VMs that have a network, which are paused, resumed, forked and claimed. */
export class PausingHost implements AsyncDisposable {
  #images = "";
  #host: HostUnderTest | undefined;

  /** One for all tests of a file, each of which must leave nothing of its VMs. */
  static ofThisFile(env: Readonly<Record<string, string>> = {}): PausingHost {
    const machine = new PausingHost();
    beforeAll(() => machine.#start(env));
    afterAll(() => machine[Symbol.asyncDispose]());
    afterEach(async () => {
      for (const { id } of await machine.client.listVms()) await machine.client.removeVm(id);
      expect(await machine.host.remains()).toEqual(NOTHING);
    });
    return machine;
  }

  private constructor() {}

  async #start(env: Readonly<Record<string, string>>): Promise<void> {
    this.#images = await mkdtemp("/tmp/bvt-images-");
    await writeFakeImages(this.#images, IMAGES);
    this.#host = await HostUnderTest.start({
      images: this.#images,
      env: {
        BROWSERVM_VMM__DRIVER: "fake",
        BROWSERVM_SNAPSHOTS__USE: "never",
        BROWSERVM_LIMITS__STABILITY_SECONDS: "1",
        BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.2",
        ...env,
      },
    });
  }

  get host(): HostUnderTest {
    if (!this.#host) throw new Error("it is there once the tests of its file have begun");
    return this.#host;
  }

  get client(): HostUnderTest["client"] {
    return this.host.client;
  }

  async readyVm(image: keyof typeof IMAGES = "stack"): Promise<Vm> {
    const vm = await this.host.vm({ image });
    expect(vm.reason).toBeUndefined();
    return vm;
  }

  async pausedVm(): Promise<Vm> {
    return this.client.pauseVm((await this.readyVm()).id);
  }

  /** Resumes it, and waits for `ready`. */
  async resumed(id: VmId): Promise<Vm> {
    await this.client.resumeVm(id);
    const vm = await this.host.settled(id);
    expect(vm.reason).toBeUndefined();
    return vm;
  }

  /** Waits until the VM is as `isSo` wants it. */
  async until(id: VmId, isSo: (vm: Vm) => boolean, timeoutMs = 20_000): Promise<Vm> {
    const deadline = Date.now() + timeoutMs;
    while (true) {
      const vm = await this.client.getVm(id);
      if (isSo(vm)) return vm;
      if (Date.now() > deadline) throw new Error(`the VM stays ${vm.state}: ${JSON.stringify(vm.reason)}`);
      await sleep(20);
    }
  }

  /** Settles when the second look at the VM is over, so that a pause begins at once. */
  async looked(id: VmId): Promise<void> {
    await this.until(id, ({ gate }) => gate?.steps.some((step) => step.id === "R9") ?? false);
  }

  /** Settles at the moment when hostd tells that this step has begun, or at once when it has told so before. */
  async begun(id: VmId, step: string): Promise<void> {
    const end = AbortSignal.timeout(20_000);
    for await (const { subject, type, data } of this.client.events({ after: 0, signal: end }))
      if (subject === id && type === "vm.step" && data.step === step && data.status === "running") return;
    throw new Error(`step ${step} of ${id} did not begin`);
  }

  /** A file of the VM on this machine. */
  file(id: VmId, ...path: string[]): string {
    return join(this.host.dir, "s/vms", id, ...path);
  }

  /** What the fake VM does differently from now on; see `FakeChanges`. */
  async change(id: VmId, changes: object): Promise<void> {
    const path = join(this.host.dir, "r/vm", id, "changes.json");
    await writeFile(`${path}.tmp`, JSON.stringify(changes));
    await rename(`${path}.tmp`, path); // it is read all the time
  }

  /** Other words for an image, for VMs that start or are resumed from now on. */
  async plan(image: keyof typeof IMAGES, words: string): Promise<void> {
    await writeFakeImages(this.#images, { [image]: words });
  }

  async replan(image: keyof typeof IMAGES): Promise<void> {
    await this.plan(image, IMAGES[image]);
  }

  /** Standard output of a command in the guest. */
  async exec(id: VmId, ...command: string[]): Promise<string> {
    const reply = await this.client.exec(id, { command }, AbortSignal.timeout(20_000));
    const frames = (await reply.text())
      .split("\n")
      .filter(Boolean)
      .map((line) => ExecFrame.parse(JSON.parse(line)));
    return frames
      .flatMap((frame) => (frame.type === "output" ? [Buffer.from(frame.data, "base64").toString()] : []))
      .join("");
  }

  /** What a paused fake VM was frozen with, before it is compressed. */
  async frozenMemory(id: VmId): Promise<GuestMemory> {
    return readFrozen(this.file(id, "frozen")).memory;
  }

  /** The numbers that the guest said on its console. */
  async counts(id: VmId): Promise<number[]> {
    return countedOn((await readFile(this.file(id, "console.log"), "latin1")).replaceAll("\0", ""));
  }

  /** The last of them. */
  async count(id: VmId): Promise<number> {
    return (await this.counts(id)).at(-1) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host?.[Symbol.asyncDispose]();
    await rm(this.#images, { recursive: true, force: true });
  }
}

export const freshId = (): VmId => VmId.parse(makeId("vm", randomBytes(20)));
