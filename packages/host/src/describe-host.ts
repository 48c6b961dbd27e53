import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Config, HostInfo } from "@browservm/contract";
import manifest from "../package.json" with { type: "json" };
import type { ImageStore } from "./image/image.ts";
import type { LinuxNetwork } from "./net/linux-network.ts";
import type { Golden } from "./vm/golden/golden.ts";
import type { VmService } from "./vm/vm-service.ts";

const KIB_PER_MIB = 1024;

/** MemTotal and MemAvailable of proc_meminfo(5). */
async function readMemory(): Promise<HostInfo["memory"]> {
  const text = await readFile("/proc/meminfo", "utf8");
  const mib = (name: string) =>
    Math.floor(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) / KIB_PER_MIB);
  return { totalMib: mib("MemTotal"), availableMib: mib("MemAvailable") };
}

interface Described {
  readonly config: Config;
  readonly accelerator: HostInfo["accelerator"];
  readonly isolation: HostInfo["isolation"];
  readonly network: LinuxNetwork;
  readonly images: ImageStore;
  readonly vms: VmService;
  readonly golden: Golden;
}

/** What hostd says of its machine. */
export function hostDescription({
  config,
  accelerator,
  isolation,
  network,
  images,
  vms,
  golden,
}: Described): () => Promise<HostInfo> {
  const startedAt = new Date().toISOString();
  const { plan } = network;
  return async () => ({
    version: manifest.version,
    hostname: hostname(),
    pid: process.pid,
    startedAt,
    accelerator,
    isolation,
    network: {
      namespace: config.network.namespace,
      bridge: plan.bridge,
      cidr: plan.cidr,
      gateway: plan.gateway,
      uplink: config.network.uplink,
      mtu: plan.mtu,
      slots: network.slots(),
      warnings: [...plan.warnings],
    },
    images: (await images.list()).map(({ name, id, hasBrowser, defaults: { vcpus, memoryMib } }) => ({
      name,
      id,
      hasBrowser,
      defaults: { vcpus, memoryMib },
    })),
    vms: vms.list().length,
    memory: await readMemory(),
    snapshots: golden.usable(),
  });
}
