import { expect, test } from "vitest";
import { howToEnd } from "./power.ts";

test("a VM without a power button is ended by a reboot, and only such a one", () => {
  expect(howToEnd("poweroff", "console=ttyS0 panic=-1")).toBe("poweroff");
  expect(howToEnd("reboot", "console=ttyS0 panic=-1")).toBe("reboot");
  expect(howToEnd("poweroff", "console=ttyS0 browservm.poweroff=reboot\n")).toBe("reboot");
  expect(howToEnd("poweroff", "init=/bin/browservm.poweroff=reboots")).toBe("poweroff");
});
