import { PACKAGE_OF } from "../../../process/run.ts";
import { fail, type MachineCheck, pass } from "../../machine/check.ts";
import type { Machine } from "../../machine/machine.ts";

interface Wanted {
  readonly code: string;
  readonly title: string;
  readonly programs: (machine: Machine) => readonly string[];
}

/** A check that all of some programs are installed; its fix names their Debian packages. */
export function programsCheck({ code, title, programs }: Wanted): MachineCheck {
  return {
    code,
    title,
    async look(machine) {
      const wanted = programs(machine);
      const found = await Promise.all(wanted.map((program) => machine.which(program)));
      const missing = wanted.filter((_, index) => found[index] === undefined);
      if (missing.length === 0) return pass(found.join(", "));
      const packages = [...new Set(missing.map((program) => PACKAGE_OF[program] ?? program))];
      return fail(
        `not installed: ${missing.join(", ")}`,
        `apt-get install ${packages.join(" ")} (\`./browservm up\` does it for you)`,
      );
    },
  };
}
