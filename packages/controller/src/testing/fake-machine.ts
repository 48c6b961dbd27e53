import type { HostInfo } from "@browservm/contract";

const DEFAULTS = { vcpus: 1, memoryMib: 256 };

/** What the fake hostd says about its machine. */
export class FakeMachine {
  totalMib = 32_768;
  availableMib = 16_384;
  slots = 250;
  /** What images are called, and the id that each has now. */
  readonly images = new Map([
    ["tiny", "tiny-1"],
    ["browser", "browser-1"],
  ]);
  canFreeze = true;

  defaultsOf(_image: string): { vcpus: number; memoryMib: number } {
    return DEFAULTS;
  }

  imageIdOf(image: string): string {
    return this.images.get(image) ?? "unknown";
  }

  describe(vms: number): HostInfo {
    return {
      version: "0.0.0",
      hostname: "fake",
      pid: process.pid,
      startedAt: new Date().toISOString(),
      accelerator: { name: "none", driver: "fake", reason: "a test" },
      isolation: "vm",
      network: {
        namespace: "isolated",
        bridge: "fcbr0",
        cidr: "192.168.100.0/24",
        gateway: "192.168.100.1",
        uplink: "none",
        mtu: 1500,
        slots: { total: this.slots, used: vms, resting: 0 },
        warnings: [],
      },
      images: [...this.images].map(([name, id]) => ({
        name,
        id,
        hasBrowser: name === "browser",
        defaults: DEFAULTS,
      })),
      vms,
      memory: { totalMib: this.totalMib, availableMib: this.availableMib },
      snapshots: this.canFreeze
        ? { usable: true, reason: "a test" }
        : { usable: false, reason: "this VMM cannot freeze VMs" },
    };
  }
}
