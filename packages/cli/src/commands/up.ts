import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { startEverything } from "../up/start-everything.ts";

/** `browservm up` */
export function up(context: CliContext): Command {
  return new Command("up")
    .summary("run BrowserVM on this machine, in the foreground")
    .description(
      "Looks at the machine, builds what is missing, starts hostd, controller, media gateway and page, and prints a link. Ctrl-C ends every session and leaves nothing running; a second Ctrl-C ends at once.",
    )
    .option("--image <recipe>", "image that must be there before it starts; `none` for no image", "browser")
    .option(
      "--driver <name>",
      "what runs sessions, instead of `vmm.driver`: auto, firecracker, qemu, container",
    )
    .action(async ({ image, driver }: { image: string; driver?: string }) => {
      const chosen = driver === undefined ? context : context.with({ BROWSERVM_VMM__DRIVER: driver });
      process.exitCode = await startEverything(chosen, { image });
    });
}
