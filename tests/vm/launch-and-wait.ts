import { readFileSync } from "node:fs";
import { silentProgress } from "@browservm/contract";
import { openVmm, type VmmName } from "../../packages/host/src/vmm/drivers.ts";

/** A hostd reduced to one launch: `node launch-and-wait.ts DRIVER SPEC SETTINGS` prints the VMM's record and waits to be killed. */
const [, , driver, spec = "", settings = ""] = process.argv;
const vmm = await openVmm(driver as VmmName, JSON.parse(settings)).driver.launch(
  silentProgress(),
  JSON.parse(readFileSync(spec, "utf8")),
);
process.stdout.write(`${JSON.stringify(vmm.record)}\n`);
setInterval(() => {}, 60_000);
