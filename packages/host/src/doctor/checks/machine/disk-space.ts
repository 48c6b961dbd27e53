import { fail, type MachineCheck, pass, warn } from "../../machine/check.ts";

/** An image of `browser` with its build directory, measured in MiB and rounded up. */
const BUILD_MIB = 4096;
/** Room for some sessions beside it. */
const EASY_MIB = 10_240;

export const diskSpace: MachineCheck = {
  code: "disk-space",
  title: "There is room for images and VMs",
  async look({ config, freeMib }) {
    const free = await freeMib(config.stateDir);
    const evidence = `${free} MiB free at ${config.stateDir}`;
    const fix = "Free space there, or set `stateDir` (BROWSERVM_STATE_DIR) to a larger disk.";
    if (free < BUILD_MIB) return fail(`${evidence}; building an image takes up to ${BUILD_MIB}`, fix);
    return free < EASY_MIB ? warn(`${evidence}; ${EASY_MIB} are comfortable`, fix) : pass(evidence);
  },
};
