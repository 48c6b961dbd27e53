import type { Config, DoctorFix } from "@browservm/contract";
import { PACKAGE_OF } from "../../../process/run.ts";
import { command, fail, pass, seen } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

/** What decides which programs are needed. */
interface Wish {
  /** Node's word for the processor. */
  readonly processor: string;
  readonly driver: Config["vmm"]["driver"];
}

interface Wanted {
  readonly code: string;
  readonly title: string;
  /** What a person sees when one is missing. */
  readonly symptom: string;
  readonly programs: (wish: Wish) => readonly string[];
}

/** A check that all of some programs are installed; its fix names their Debian packages. */
export function programsCheck({ code, title, symptom, programs }: Wanted): MachineCheck {
  return {
    code,
    title,
    explanation: {
      symptom,
      cause: "a program that BrowserVM runs is not installed, or not on the system's PATH",
      evidence: "none of /usr/local/{s,}bin, /usr/{s,}bin, /{s,}bin has the program",
      fix: install(programs({ processor: process.arch, driver: "auto" })),
    },
    async look(machine) {
      const { processor, config } = machine;
      const wanted = programs({ processor, driver: config.vmm.driver });
      const found = await Promise.all(wanted.map((program) => machine.which(program)));
      const missing = wanted.filter((_, index) => found[index] === undefined);
      if (missing.length === 0) return pass("file", "PATH", found.join(", "));
      const words = `not installed: ${missing.join(", ")}`;
      return fail(words, [seen("file", "PATH", words)], install(missing));
    },
  };
}

function install(missing: readonly string[]): DoctorFix {
  const packages = [...new Set(missing.map((program) => PACKAGE_OF[program] ?? program))];
  return command(
    "Install the Debian packages (`./browservm up` does it for you).",
    "none",
    `apt-get install ${packages.join(" ")}`,
  );
}
