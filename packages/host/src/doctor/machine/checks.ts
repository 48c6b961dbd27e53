import { cidrFree } from "../checks/machine/cidr-free.ts";
import { diskSpace } from "../checks/machine/disk-space.ts";
import { foreignFirewall } from "../checks/machine/foreign-firewall.ts";
import { hostdRunning } from "../checks/machine/hostd-running.ts";
import { imagePrograms } from "../checks/machine/image-programs.ts";
import { kvmAccess } from "../checks/machine/kvm-access.ts";
import { memory } from "../checks/machine/memory.ts";
import { namespaces } from "../checks/machine/namespaces.ts";
import { networkPrograms } from "../checks/machine/network-programs.ts";
import { portsFree } from "../checks/machine/ports-free.ts";
import { rootPrivileges } from "../checks/machine/root-privileges.ts";
import { tunDevice } from "../checks/machine/tun-device.ts";
import { vmmProgram } from "../checks/machine/vmm-program.ts";
import type { MachineCheck } from "./check.ts";

/** What must hold before BrowserVM starts, in the order of the report. */
export const PREFLIGHT: readonly MachineCheck[] = [
  rootPrivileges,
  tunDevice,
  kvmAccess,
  vmmProgram,
  networkPrograms,
  imagePrograms,
  namespaces,
  diskSpace,
  memory,
  portsFree,
  cidrFree,
  foreignFirewall,
];

/** Everything that is asked of a machine without hostd's help. */
export const MACHINE_CHECKS: readonly MachineCheck[] = [...PREFLIGHT, hostdRunning];
