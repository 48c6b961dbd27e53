import { join } from "node:path";
import { Config, type VmId } from "@browservm/contract";
import { ensureNamespace, removeNamespace } from "../../packages/host/src/net/namespace.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { must } from "../netns/fake-guest.ts";
import type { WorldName } from "./fault.ts";
import { LabVm } from "./lab-vm.ts";
import { Outside } from "./outside.ts";
import { Stage } from "./stage.ts";

export interface LabHostOptions {
  readonly world: WorldName;
  readonly heal: "auto" | "never";
  /** Directory of the fake images. */
  readonly images: string;
  /** Tells it from others that run at the same time: a part of names and addresses. */
  readonly number: number;
}

const OWN_NAMESPACE = "/proc/self/ns/net";

/** A real hostd over two fake VMs, in namespaces of its own; disposing leaves nothing. */
export class LabHost implements AsyncDisposable {
  readonly hostd: HostUnderTest;
  readonly #options: LabHostOptions;
  readonly #outside: Outside | undefined;
  readonly #rest: AsyncDisposableStack;
  #names: Record<string, string> = {};
  #vms: LabVm[] = [];

  private constructor(
    hostd: HostUnderTest,
    options: LabHostOptions,
    outside: Outside | undefined,
    rest: AsyncDisposableStack,
  ) {
    this.hostd = hostd;
    this.#options = options;
    this.#outside = outside;
    this.#rest = rest;
  }

  static async start(options: LabHostOptions): Promise<LabHost> {
    await using undo = new AsyncDisposableStack();
    const hostd = await HostUnderTest.start({ images: options.images, env: settings(options) });
    const outside = options.world === "plain" ? undefined : await giveWayOut(hostd, options, undo);
    undo.use(hostd);
    const host = new LabHost(hostd, options, outside, undo.move());
    await host.#prepare();
    return host;
  }

  /** Path of the namespace that has the bridge. */
  get namespace(): string {
    return `/run/netns/${this.hostd.namespace}`;
  }

  get outside(): Outside {
    if (!this.#outside) throw new Error(`the world "${this.#options.world}" has no outside`);
    return this.#outside;
  }

  stage(): Stage {
    const [vm, other] = this.#vms;
    if (!vm || !other) throw new Error("a host of the laboratory without its VMs");
    return new Stage(this, vm, other);
  }

  /** Fresh VMs instead of those that a fault spoiled. */
  async renewVms(): Promise<void> {
    for (const { id } of await this.hostd.client.listVms()) await this.#remove(id);
    this.#vms = await Promise.all([LabVm.start(this.hostd), LabVm.start(this.hostd)]);
  }

  names(): Record<string, string> {
    return this.#names;
  }

  async #prepare(): Promise<void> {
    const { network } = await this.hostd.client.getHost();
    await this.renewVms();
    this.#names = {
      ...{ bridge: network.bridge, cidr: network.cidr, mtu: String(network.mtu) },
      bridgeMac: await macOf(this.namespace, network.bridge),
      runDir: join(this.hostd.dir, "r"),
      ...(this.#outside ? await uplinkNames(this.namespace) : {}),
    };
  }

  async #remove(id: VmId): Promise<void> {
    await this.hostd.client.removeVm(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of await this.hostd.client.listVms().catch(() => [])) // a hostd that is gone has none
      await this.#remove(id);
    await this.#rest.disposeAsync();
  }
}

/** A tenth of what `timeoutScale` multiplies is for emulation (hostd.ts), which a fake does not need. */
const PATIENCE = "0.2";

const rangeOf = (number: number): string => `192.168.${100 + number}.0/24`;

const settings = ({ world, heal, number }: LabHostOptions): Record<string, string> => ({
  BROWSERVM_VMM__DRIVER: "fake",
  BROWSERVM_NETWORK__HEAL: heal,
  BROWSERVM_NETWORK__CIDR: rangeOf(number),
  BROWSERVM_NETWORK__UPLINK: world === "plain" ? "none" : "auto",
  BROWSERVM_NETWORK__NAMESPACE: world === "host-mode" ? "host" : "isolated",
  ...(world === "plain" ? {} : { BROWSERVM_NETWORK__DNS: "203.0.113.254" }),
  // The proof that hostd repeats would take spoiled VMs away while they are looked at.
  BROWSERVM_LIMITS__STABILITY_SECONDS: "0",
  BROWSERVM_LIMITS__TIMEOUT_SCALE: PATIENCE,
});

/** Makes the outside and the way to it while hostd is away: it reads both when it starts. */
async function giveWayOut(
  hostd: HostUnderTest,
  { world, number }: LabHostOptions,
  undo: AsyncDisposableStack,
): Promise<Outside> {
  await hostd.end();
  const isHostMode = world === "host-mode";
  const machine = isHostMode ? `/run/netns/${hostd.namespace}` : OWN_NAMESPACE;
  const outside = undo.use(await Outside.open(machine, `outside-${number}`));
  if (!isHostMode) {
    const config = configOf(hostd, { cidr: rangeOf(number), dns: [outside.address] });
    await ensureNamespace(config);
    undo.defer(() => removeNamespace(config));
  }
  await hostd.startHostd();
  return outside;
}

const configOf = ({ dir, namespace }: HostUnderTest, network: Record<string, unknown>): Config =>
  Config.parse({
    stateDir: join(dir, "s"),
    runDir: join(dir, "r"),
    network: { namespaceName: namespace, uplink: "auto", ...network },
  });

const inside = (namespace: string, ...command: string[]): Promise<string> =>
  must("nsenter", `--net=${namespace}`, "ip", ...command);

async function macOf(namespace: string, link: string): Promise<string> {
  return /link\/ether (\S+)/.exec(await inside(namespace, "link", "show", "dev", link))?.[1] ?? "";
}

async function uplinkNames(namespace: string): Promise<Record<string, string>> {
  const route = await inside(namespace, "route", "show", "default");
  const [, uplinkGateway = "", uplink = ""] = /via (\S+) dev (\S+)/.exec(route) ?? [];
  return { uplink, uplinkGateway };
}
