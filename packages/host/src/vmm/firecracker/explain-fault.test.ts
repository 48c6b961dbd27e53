import { expect, test } from "vitest";
import { FirecrackerFault } from "./api-client.ts";
import { explainFault } from "./explain-fault.ts";

const TAP = "Network config error: Could not create the network device: Open tap device failed: ";
const IFREQ = (words: string) =>
  `${TAP}Error while creating ifreq structure: ${words}. Invalid TUN/TAP Backend provided by bv-1. Check our documentation on setting up the network devices.`;

const RESTORE = "Load snapshot error: Failed to restore from snapshot: ";
const STATE = `${RESTORE}Failed to get snapshot state from file: `;
const DEVICES = `${RESTORE}Failed to build microVM from snapshot: Failed to restore devices: Error restoring PCI devices: `;
const IFREQ_NET = (words: string) =>
  IFREQ(words).replace(TAP, "Net: Failed to create a network device: Open tap device failed: ");

// The first two are one errno, in the words of the GNU C library and of musl, which releases are built with.
test.each([
  ["/network-interfaces/eth0", IFREQ("Device or resource busy (os error 16)"), "TAP_BUSY"],
  ["/network-interfaces/eth0", IFREQ("Resource busy (os error 16)"), "TAP_BUSY"],
  ["/network-interfaces/eth0", IFREQ("Operation not permitted (os error 1)"), "NOT_PRIVILEGED"],
  ["/network-interfaces/eth0", IFREQ("Invalid argument (os error 22)"), "TAP_NAME_TAKEN"],
  ["/network-interfaces/eth0", `${TAP}Invalid interface name`, "TAP_NAME_TAKEN"],
  [
    "/network-interfaces/eth0",
    `${TAP}Couldn't open /dev/net/tun: Permission denied (os error 13)`,
    "TUN_UNAVAILABLE",
  ],
  [
    "/boot-source",
    "Boot source error: The kernel file cannot be opened: No such file or directory (os error 2)",
    "IMAGE_DAMAGED",
  ],
  [
    "/drives/disk0",
    "Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: Permission denied (os error 13) /disk0",
    "NOT_PRIVILEGED",
  ],
  [
    "/actions",
    "Start microvm error: System configuration error: Cannot load kernel due to invalid memory configuration or invalid kernel image: Kernel Loader: failed to load ELF kernel image: Kernel Loader: Invalid Elf magic number",
    "IMAGE_DAMAGED",
  ],
  [
    "/actions",
    "Start microvm error: Kvm error: Error creating KVM object: No such file or directory",
    "KVM_UNAVAILABLE",
  ],
  [
    "/actions",
    "Internal error: Cannot create mmap region: Cannot allocate memory (os error 12)",
    "HOST_OUT_OF_MEMORY",
  ],
  ...(
    [
      ["Invalid data version: 90.0.0", "SNAPSHOT_MISMATCH"],
      ["Magic value does not match arch: 508934814878575104", "SNAPSHOT_MISMATCH"],
      ["An error occurred during bitcode serialization: bitcode error", "SNAPSHOT_DAMAGED"],
      ["IO Error: File too short to contain CRC", "SNAPSHOT_DAMAGED"],
      ["CRC64 validation failed", "SNAPSHOT_DAMAGED"],
      ["Snapshot size exceeds limit of 10000000 bytes", "SNAPSHOT_DAMAGED"],
    ] as const
  ).map(([words, code]) => [
    "/snapshot/load",
    `${STATE}Failed to load snapshot state from file: ${words}`,
    code,
  ]),
  ["/snapshot/load", `${STATE}Unknown Network Device.`, "SNAPSHOT_MISMATCH"],
  [
    "/snapshot/load",
    `${RESTORE}Failed to load guest memory: Error creating guest memory from file: Failed to restore guest memory: Total sum of memory regions exceeds largest possible file offset`,
    "SNAPSHOT_DAMAGED",
  ],
  [
    "/snapshot/load",
    `${DEVICES}Block: Virtio backend error: Error manipulating the backing file: No such file or directory (os error 2) /disk0`,
    "SNAPSHOT_MISMATCH",
  ],
  ["/snapshot/load", `${DEVICES}${IFREQ_NET("Device or resource busy (os error 16)")}`, "TAP_BUSY"],
  ["/snapshot/load", `${DEVICES}${IFREQ_NET("Operation not permitted (os error 1)")}`, "NOT_PRIVILEGED"],
  [
    "/snapshot/load",
    `${RESTORE}Failed to build microVM from snapshot: Failed to restore vCPUs: Failed to set the MSRs`,
    "SNAPSHOT_MISMATCH",
  ],
  [
    "/snapshot/load",
    `${RESTORE}Failed to build microVM from snapshot: Failed to create microVM and vCPUs: Kvm error: Error creating KVM object: No such file or directory (os error 2)`,
    "KVM_UNAVAILABLE",
  ],
  [
    "/snapshot/create",
    "Create snapshot error: Cannot write memory file: Cannot dump memory: Guest memory error: No space left on device (os error 28)",
    "DISK_FULL",
  ],
  ["/entropy", "The requested operation is not supported after starting the microVM.", "VMM_REFUSED"],
])("what Firecracker says of %s has a code: %s", async (path, fault, code) => {
  const error = await explainFault(new FirecrackerFault(path, fault), "bv-none");
  expect(error).toMatchObject({ code, details: { fault: fault.slice(0, 500) } });
});

test("what a VMM says is bounded, and writes nothing on a terminal", async () => {
  const { message } = await explainFault(
    new FirecrackerFault("/entropy", `\u001b[2J${"x".repeat(9999)}`),
    "bv-none",
  );
  expect(message.length).toBeLessThan(700);
  expect(message).not.toContain("\u001b");
});
