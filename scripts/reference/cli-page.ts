import type { Command } from "commander";
import { CliContext, EXIT, makeProgram } from "../../packages/cli/src/index.ts";
import { head, markdownTable } from "./page.ts";

const MEANING: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "done, or: it is as it should be",
  refused: "refused or failed; the error says why",
  usage: "the command line is wrong",
  unknown: "it could not be told: a deadline passed, or a check could not look",
  fixed: "`doctor --fix --yes`: something was wrong, was repaired, and was found in order afterwards",
  bug: "a bug in BrowserVM",
  interrupted: "ended by Ctrl-C",
};

/** The help of every command. */
export function cliPage(): string {
  const program = makeProgram(new CliContext({}, new AbortController().signal));
  const statuses = Object.entries(EXIT).map(([name, status]) => [
    String(status),
    MEANING[name as keyof typeof EXIT],
  ]);
  const words = [
    "Results go to stdout, everything else to stderr. Results are JSON when stdout is not a terminal, or with `--json`; `exec`, `logs` and `screenshot -o -` stay as they are unless `--json` is given.",
    "On the same machine root needs no key. Elsewhere set `BVM_BASE_URL` and `BVM_API_KEY`.",
    "",
    markdownTable(["Exit status", "Meaning"], statuses),
    "",
    "`exec` and `ssh` pass on the status of what they ran.",
  ].join("\n");
  const sections = leaves(program).map(
    (command) => `### ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  return `${head("Commands", "packages/cli/src/commands", words)}\n${sections.join("\n")}`;
}

function leaves(command: Command): Command[] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== "help");
  return shown.length === 0 ? [command] : shown.flatMap(leaves);
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function helpOf(command: Command): string {
  const width = 100;
  return command.configureHelp({ helpWidth: width }).helpInformation().trimEnd();
}
