import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { agentMute } from "./agent-mute.ts";
import { agentPortRefused } from "./agent-port-refused.ts";
import { browserDead } from "./browser-dead.ts";
import { environmentUnparsable } from "./environment-unparsable.ts";
import { injectedFile } from "./injected-file.ts";
import { sshRefused } from "./ssh-refused.ts";
import { unitFailed } from "./unit-failed.ts";
import { wrongVmAnswers } from "./wrong-vm-answers.ts";

export const SERVICE_CHECKS: readonly Check<VmSubject>[] = [
  wrongVmAnswers,
  agentPortRefused,
  agentMute,
  injectedFile,
  environmentUnparsable,
  unitFailed,
  browserDead,
  sshRefused,
];
