import { fail, manual, pass, seen, warn } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

/** An image of `browser` with its build directory, measured in MiB and rounded up. */
const BUILD_MIB = 4096;
/** Room for some sessions beside it. */
const EASY_MIB = 10_240;

export const diskSpace: MachineCheck = {
  code: "disk-space",
  title: "There is room for images and VMs",
  explanation: {
    symptom: "image builds or VMs fail with DISK_FULL",
    cause: "the disk under `stateDir` has little free space",
    evidence: "statfs(2) of `stateDir`",
    fix: manual("Free space there, or set `stateDir` (BROWSERVM_STATE_DIR) to a larger disk."),
  },
  async look({ config, isRunning, freeMib }) {
    const free = await freeMib(config.stateDir);
    const words = `${free} MiB free at ${config.stateDir}`;
    const evidence = [seen("file", `statfs ${config.stateDir}`, `${free} MiB free`)];
    // What runs already has its image.
    if (free < BUILD_MIB && !isRunning)
      return fail(`${words}; building an image takes up to ${BUILD_MIB}`, evidence);
    if (free < EASY_MIB) return warn(`${words}; ${EASY_MIB} are comfortable`, evidence);
    return pass("file", `statfs ${config.stateDir}`, words);
  },
};
