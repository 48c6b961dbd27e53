import { type Check, fail, manual, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHealth, UNHEARD } from "../guest/about-guest.ts";

const correct = manual(
  'Correct the line (`KEY="value"`, with \\", \\\\, \\$ and \\` escaped; systemd.exec(5), EnvironmentFile=), then restart what reads it.',
);

export const environmentUnparsable: Check<VmSubject> = {
  code: "environment-unparsable",
  layer: "service",
  title: "Every environment file of the guest can be parsed",
  dependsOn: [...UNHEARD],
  breaks: ["service"],
  explanation: {
    symptom: "A service starts without some of its settings, and nothing says why.",
    cause:
      "A line of an environment file is not what systemd understands: no `=`, a name that cannot be one, or a quote that is never closed. systemd leaves it out without an error.",
    evidence:
      "The agent parses the session's file and those of EnvironmentFile= by systemd's rules: path, line, why.",
    fix: correct,
  },
  judge: aboutHealth("environmentErrors", ({ environmentErrors }) => {
    const [first, ...more] = environmentErrors;
    if (first === undefined) return pass("control-channel", "environment files of the guest", "no error");
    return fail(
      `systemd cannot use a line of an environment file: ${first}${more.length > 0 ? ` (and ${more.length} more)` : ""}.`,
      environmentErrors.map((line) => seen("control-channel", "environment files of the guest", line)),
      correct,
    );
  }),
};
