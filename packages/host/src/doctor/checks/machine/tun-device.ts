import { fail, type MachineCheck, pass } from "../../machine/check.ts";

export const tunDevice: MachineCheck = {
  code: "tun-device",
  title: "/dev/net/tun can be opened",
  async look(machine) {
    const found = await machine.openDevice("/dev/net/tun");
    if (found === "ok") return pass("/dev/net/tun opens for reading and writing");
    return fail(
      `/dev/net/tun: ${found}`,
      "Load the module (`modprobe tun`), or pass the device into the container.",
    );
  },
};
