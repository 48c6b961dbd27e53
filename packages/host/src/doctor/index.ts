export type { Check, DoctorVerdict, Finding } from "./check.ts";
export { PREFLIGHT } from "./checks.ts";
export { linuxMachine } from "./linux-machine.ts";
export type { Machine } from "./machine.ts";
export { type DoctorLine, type DoctorReport, preflight } from "./preflight.ts";
