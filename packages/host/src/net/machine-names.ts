import type { Config } from "@browservm/contract";
import { uplinkOnMachine } from "./names.ts";
import { uplinkFilePath } from "./uplink.ts";

/** How our things are called in the machine's own namespace. Each `namespaceName` has its own set. */
export class MachineNames {
  readonly namespace: string;
  readonly namespacePath: string;
  /** The machine's end of the veth. */
  readonly link: string;
  /** The nftables table, family inet. */
  readonly table: string;
  readonly uplinkFile: string;
  /** Where the machine's settings from before are remembered. */
  readonly sysctlFile: string;

  constructor(config: Config) {
    const { namespaceName } = config.network;
    this.namespace = namespaceName;
    this.namespacePath = `/run/netns/${namespaceName}`;
    this.link = uplinkOnMachine(namespaceName);
    this.table = `uplink-${namespaceName}`;
    this.uplinkFile = uplinkFilePath(config);
    this.sysctlFile = `${config.runDir}/machine-sysctls.json`;
  }
}
