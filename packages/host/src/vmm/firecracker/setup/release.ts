import { BrowserVmError } from "@browservm/contract";

/** One archive of Firecracker's releases on GitHub, with the programs of one processor. */
export interface Release {
  readonly version: string;
  /** Firecracker's word for the processor. */
  readonly arch: "x86_64" | "aarch64";
  readonly url: string;
  /** Where its publisher states the checksum. */
  readonly page: string;
  readonly sha256: string;
}

const REPOSITORY = "https://github.com/firecracker-microvm/firecracker/releases";
const ARCHES: Readonly<Record<string, Release["arch"]>> = { x64: "x86_64", arm64: "aarch64" };

/** The release that we drive and pin: newest of the supported line (docs/RELEASE_POLICY.md). */
const PINNED_VERSION = "1.16.1";
const PINNED_SHA256: Readonly<Record<Release["arch"], string>> = {
  x86_64: "382a02a869e4d6d5cb14c40577f9545e8458021ea8b0b2d3fc10ec14d9c242e6",
  aarch64: "8d0e69f6d6f9a1724551f607f18504052c16c1828ee3d4d7b6e6c73380871e0e",
};

export interface WantedRelease {
  /** As Node names it. */
  readonly processor: string;
  /** Another one than the pinned; it needs its own checksum. */
  readonly version?: string | undefined;
  readonly sha256?: string | undefined;
}

/** The archive to be installed. BAD_REQUEST where we have no checksum for it, VMM_NOT_FOUND for a processor without any. */
export function releaseOf({ processor, version = PINNED_VERSION, sha256 }: WantedRelease): Release {
  const arch = ARCHES[processor];
  if (!arch)
    throw new BrowserVmError("VMM_NOT_FOUND", `there is no Firecracker for the processor ${processor}`, {
      tool: "firecracker",
      package: "(none)",
    });
  const page = `${REPOSITORY}/tag/v${version}`;
  const pinned = version === PINNED_VERSION ? PINNED_SHA256[arch] : undefined;
  const checksum = sha256?.toLowerCase() ?? pinned;
  if (!/^\d+\.\d+\.\d+$/.test(version) || !checksum || !/^[0-9a-f]{64}$/.test(checksum))
    throw new BrowserVmError(
      "BAD_REQUEST",
      `only ${PINNED_VERSION} is pinned; for another version give the SHA-256 that ${page} states, with \`--sha256\``,
      { page },
    );
  const file = `firecracker-v${version}-${arch}.tgz`;
  return { version, arch, url: `${REPOSITORY}/download/v${version}/${file}`, page, sha256: checksum };
}
