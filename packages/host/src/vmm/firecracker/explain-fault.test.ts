import { expect, test } from "vitest";
import { FirecrackerFault } from "./api-client.ts";
import { explainFault } from "./explain-fault.ts";

const TAP = "Network config error: Could not create the network device: Open tap device failed: ";
const IFREQ = (words: string) =>
  `${TAP}Error while creating ifreq structure: ${words}. Invalid TUN/TAP Backend provided by bv-1. Check our documentation on setting up the network devices.`;

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
