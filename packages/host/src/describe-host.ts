import { hostname } from "node:os";
import type { Config, HostInfo } from "@browservm/contract";
import manifest from "../package.json" with { type: "json" };
import type { ImageStore } from "./image/image.ts";
import type { LinuxNetwork } from "./net/linux-network.ts";
import type { VmService } from "./vm/vm-service.ts";

interface Described {
  readonly config: Config;
  readonly accelerator: HostInfo["accelerator"];
  readonly network: LinuxNetwork;
  readonly images: ImageStore;
  readonly vms: VmService;
}

/** What hostd says of its machine. */
export function hostDescription({
  config,
  accelerator,
  network,
  images,
  vms,
}: Described): () => Promise<HostInfo> {
  const startedAt = new Date().toISOString();
  const { plan } = network;
  return async () => ({
    version: manifest.version,
    hostname: hostname(),
    pid: process.pid,
    startedAt,
    accelerator,
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
    images: (await images.list()).map(({ name, id, hasBrowser }) => ({ name, id, hasBrowser })),
    vms: vms.list().length,
  });
}
