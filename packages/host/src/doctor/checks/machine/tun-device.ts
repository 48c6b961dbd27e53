import { command, fail, pass, seen } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

const DEVICE = "/dev/net/tun";

export const tunDevice: MachineCheck = {
  code: "tun-device",
  title: "/dev/net/tun can be opened",
  // Its mode differs between machines: EACCES of somebody else says nothing.
  needsRoot: true,
  explanation: {
    symptom: "no TAP can be made (TUN_UNAVAILABLE)",
    cause: "the module tun is not loaded, or a container was started without the device",
    evidence: "open(/dev/net/tun) fails",
    fix: command(
      "Load the module, or pass the device into the container (`--device /dev/net/tun`).",
      "none",
      "modprobe tun",
    ),
  },
  async look(machine) {
    const found = await machine.openDevice(DEVICE);
    if (found === "ok") return pass("file", DEVICE, "it opens for reading and writing");
    return fail(`${DEVICE} cannot be opened: ${found}`, [seen("file", DEVICE, `open: ${found}`)]);
  },
};
