export type { Check, Explanation } from "./check.ts";
export { HOST_CHECKS, VM_CHECKS } from "./checks.ts";
export type { MachineCheck } from "./machine/check.ts";
export { MACHINE_CHECKS, PREFLIGHT } from "./machine/checks.ts";
export { linuxMachine } from "./machine/linux-machine.ts";
export type { HostdState, Machine } from "./machine/machine.ts";
export { preflight } from "./machine/preflight.ts";
export { vmWithoutPath } from "./vm-without-path.ts";
