import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { openImages } from "../../images/open-images.ts";

/** `browservm image rm` */
export function imageRm(context: CliContext): Command {
  return new Command("rm")
    .summary("remove a golden image that no VM uses")
    .argument("<image>", "name or id of the image")
    .action(async (name: string) => {
      await (await openImages(context)).remove(name);
      context.output.print({ name }, `${name} removed`);
    });
}
