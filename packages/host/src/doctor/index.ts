export type { DoctorVerdict, Finding, MachineCheck } from "./machine/check.ts";
export { PREFLIGHT } from "./machine/checks.ts";
export { linuxMachine } from "./machine/linux-machine.ts";
export type { Machine } from "./machine/machine.ts";
export { type DoctorLine, type DoctorReport, preflight } from "./machine/preflight.ts";
