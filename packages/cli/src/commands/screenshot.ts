import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { saveScreenshot } from "../sessions/save-screenshot.ts";

/** `browservm screenshot` */
export function screenshot(context: CliContext): Command {
  return new Command("screenshot")
    .summary("save what a session's display shows as PNG")
    .argument("<session>", "id of the session")
    .option("-o, --output <file>", "where to; `-` is stdout (default: SESSION.png)")
    .action((id: string, { output }: { output?: string }) =>
      saveScreenshot(context, id, output ?? `${id}.png`),
    );
}
