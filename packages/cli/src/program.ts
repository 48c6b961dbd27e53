import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { auditExport } from "./commands/audit/export.ts";
import { auditLs } from "./commands/audit/ls.ts";
import { auditVerify } from "./commands/audit/verify.ts";
import { bench } from "./commands/bench.ts";
import { chaos } from "./commands/chaos.ts";
import { configShow } from "./commands/config/show.ts";
import { connectionAdd } from "./commands/connection/add.ts";
import { connectionLs } from "./commands/connection/ls.ts";
import { connectionRm } from "./commands/connection/rm.ts";
import { connectionShow } from "./commands/connection/show.ts";
import { connectionToken } from "./commands/connection/token.ts";
import { connectionUse } from "./commands/connection/use.ts";
import { cp } from "./commands/cp.ts";
import { doctor } from "./commands/doctor.ts";
import { down } from "./commands/down.ts";
import { egressSet } from "./commands/egress/set.ts";
import { egressShow } from "./commands/egress/show.ts";
import { exec } from "./commands/exec.ts";
import { filesLs } from "./commands/files/ls.ts";
import { filesRm } from "./commands/files/rm.ts";
import { fork } from "./commands/fork.ts";
import { imageBuild } from "./commands/image/build.ts";
import { imageLs } from "./commands/image/ls.ts";
import { imageRm } from "./commands/image/rm.ts";
import { imageSnapshot } from "./commands/image/snapshot.ts";
import { inviteCreate } from "./commands/invite/create.ts";
import { inviteLs } from "./commands/invite/ls.ts";
import { inviteRm } from "./commands/invite/rm.ts";
import { keyCreate } from "./commands/key/create.ts";
import { keyLs } from "./commands/key/ls.ts";
import { keyRm } from "./commands/key/rm.ts";
import { keyRotate } from "./commands/key/rotate.ts";
import { lab } from "./commands/lab.ts";
import { live } from "./commands/live.ts";
import { logs } from "./commands/logs.ts";
import { ls } from "./commands/ls.ts";
import { open } from "./commands/open.ts";
import { pause } from "./commands/pause.ts";
import { personLs } from "./commands/person/ls.ts";
import { personReset } from "./commands/person/reset.ts";
import { personRm } from "./commands/person/rm.ts";
import { personSet } from "./commands/person/set.ts";
import { poolFlush } from "./commands/pool/flush.ts";
import { poolLs } from "./commands/pool/ls.ts";
import { poolRm } from "./commands/pool/rm.ts";
import { poolSet } from "./commands/pool/set.ts";
import { profileLs } from "./commands/profile/ls.ts";
import { profileRename } from "./commands/profile/rename.ts";
import { profileRm } from "./commands/profile/rm.ts";
import { profileSave } from "./commands/profile/save.ts";
import { profileShow } from "./commands/profile/show.ts";
import { resume } from "./commands/resume.ts";
import { rm } from "./commands/rm.ts";
import { run } from "./commands/run.ts";
import { screenshot } from "./commands/screenshot.ts";
import { setupFirecracker } from "./commands/setup/firecracker.ts";
import { shareKick } from "./commands/share/kick.ts";
import { shareLink } from "./commands/share/link.ts";
import { shareLs } from "./commands/share/ls.ts";
import { shareRevoke } from "./commands/share/revoke.ts";
import { show } from "./commands/show.ts";
import { signinCancel } from "./commands/signin/cancel.ts";
import { signinConfirm } from "./commands/signin/confirm.ts";
import { signinLs } from "./commands/signin/ls.ts";
import { signinProviders } from "./commands/signin/providers.ts";
import { signinRetry } from "./commands/signin/retry.ts";
import { signinShow } from "./commands/signin/show.ts";
import { signinStart } from "./commands/signin/start.ts";
import { snapshotLs } from "./commands/snapshot/ls.ts";
import { snapshotRm } from "./commands/snapshot/rm.ts";
import { soak } from "./commands/soak.ts";
import { ssh } from "./commands/ssh.ts";
import { stop } from "./commands/stop.ts";
import { stream } from "./commands/stream.ts";
import { test } from "./commands/test.ts";
import { up } from "./commands/up.ts";
import { vaultRotate } from "./commands/vault/rotate.ts";
import { vaultStatus } from "./commands/vault/status.ts";
import type { CliContext, GlobalOptions } from "./context.ts";

type MakeCommand = (context: CliContext) => Command;

const COMMANDS: readonly MakeCommand[] = [
  up,
  down,
  run,
  ls,
  live,
  show,
  open,
  pause,
  resume,
  fork,
  stop,
  rm,
  exec,
  cp,
  ssh,
  logs,
  screenshot,
  doctor,
  test,
  bench,
  soak,
  chaos,
  lab,
];

const GROUPS: ReadonlyArray<{ name: string; summary: string; commands: readonly MakeCommand[] }> = [
  {
    name: "share",
    summary: "links to a session, and who looks at it",
    commands: [shareLink, shareLs, shareRevoke, shareKick],
  },
  { name: "egress", summary: "where a session may go", commands: [egressShow, egressSet] },
  {
    name: "connection",
    summary: "stored credentials of accounts",
    commands: [connectionAdd, connectionLs, connectionShow, connectionToken, connectionUse, connectionRm],
  },
  {
    name: "profile",
    summary: "named browser profiles",
    commands: [profileLs, profileShow, profileSave, profileRename, profileRm],
  },
  {
    name: "signin",
    summary: "guided sign-ins, each in a VM of its own",
    commands: [
      ...[signinStart, signinLs, signinShow, signinConfirm],
      ...[signinCancel, signinRetry, signinProviders],
    ],
  },
  {
    name: "vault",
    summary: "the key that connections are locked with",
    commands: [vaultStatus, vaultRotate],
  },
  { name: "audit", summary: "what was done with connections", commands: [auditLs, auditExport, auditVerify] },
  { name: "files", summary: "files of a session", commands: [filesLs, filesRm] },
  { name: "image", summary: "golden images", commands: [imageBuild, imageSnapshot, imageLs, imageRm] },
  { name: "pool", summary: "VMs that are kept ready", commands: [poolLs, poolSet, poolFlush, poolRm] },
  {
    name: "snapshot",
    summary: "golden snapshots, that VMs are restored from",
    commands: [snapshotLs, (context) => imageSnapshot(context, "make"), snapshotRm],
  },
  { name: "key", summary: "API keys", commands: [keyCreate, keyLs, keyRotate, keyRm] },
  {
    name: "person",
    summary: "who may sign in to the page",
    commands: [personLs, personSet, personReset, personRm],
  },
  { name: "invite", summary: "invitations to the page", commands: [inviteCreate, inviteLs, inviteRm] },
  { name: "config", summary: "settings", commands: [configShow] },
  { name: "setup", summary: "programs that BrowserVM can use", commands: [setupFirecracker] },
];

const EXIT_HELP = `
Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 could not tell, 4 fixed (\`doctor --fix\`), 70 a bug, 130 interrupted;
\`exec\` and \`ssh\` pass on the status of what they ran.
Results are JSON when stdout is not a terminal; \`--json\` also for streams and errors.`;

/** The whole command line. Every file under commands/ is one command. */
export function makeProgram(context: CliContext): Command {
  const program = new Command("browservm")
    .description("A real browser in a microVM of its own, live in a web page, on a machine that you own")
    .version(manifest.version)
    .option("--json", "results, streams and errors as JSON")
    .option("-y, --yes", "ask nothing")
    .option("--config <file>", "configuration file (YAML)")
    .addHelpText("after", EXIT_HELP)
    .hook("preAction", (root) => context.use(root.opts<GlobalOptions>()));
  for (const make of COMMANDS) program.addCommand(make(context));
  program.addCommand(stream(context), { hidden: true });
  for (const { name, summary, commands } of GROUPS) {
    const group = new Command(name).summary(summary).description(summary);
    for (const make of commands) group.addCommand(make(context));
    program.addCommand(group);
  }
  return program;
}
