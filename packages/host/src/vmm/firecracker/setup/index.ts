export { installedPrograms } from "../programs.ts";
export { installFirecracker } from "./install-firecracker.ts";
export { releaseOf } from "./release.ts";
