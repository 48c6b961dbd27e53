import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { openImages } from "../../images/open-images.ts";
import { table } from "../../table.ts";

/** `browservm image ls` */
export function imageLs(context: CliContext): Command {
  return new Command("ls").summary("list golden images").action(async () => {
    const images = await (await openImages(context)).list();
    const rows = images.map(({ name, id, suite, hasBrowser, builtAt }) => [
      name,
      id,
      suite,
      hasBrowser ? "yes" : "no",
      builtAt,
    ]);
    context.output.print({ data: images }, table(["IMAGE", "ID", "SUITE", "BROWSER", "BUILT"], rows));
  });
}
