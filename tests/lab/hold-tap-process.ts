// Holds a TAP until it is killed. node hold-tap-process.ts TAP
import { writeSync } from "node:fs";
import { attachTap } from "../../packages/host/src/linux/tun.ts";

attachTap(process.argv[2] ?? "");
writeSync(1, "held\n");
setInterval(() => {}, 60_000);
