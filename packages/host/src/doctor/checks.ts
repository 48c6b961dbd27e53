import type { Check } from "./check.ts";
import { cidrFree } from "./checks/cidr-free.ts";
import { diskSpace } from "./checks/disk-space.ts";
import { foreignFirewall } from "./checks/foreign-firewall.ts";
import { imagePrograms } from "./checks/image-programs.ts";
import { kvmAccess } from "./checks/kvm-access.ts";
import { memory } from "./checks/memory.ts";
import { namespaces } from "./checks/namespaces.ts";
import { networkPrograms } from "./checks/network-programs.ts";
import { portsFree } from "./checks/ports-free.ts";
import { rootPrivileges } from "./checks/root-privileges.ts";
import { tunDevice } from "./checks/tun-device.ts";
import { vmmProgram } from "./checks/vmm-program.ts";

/** What must hold before BrowserVM starts, in the order of the report. */
export const PREFLIGHT: readonly Check[] = [
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
