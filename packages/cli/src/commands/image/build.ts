import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { buildNamedImage } from "../../images/build-named-image.ts";

/** `browservm image build` */
export function imageBuild(context: CliContext): Command {
  return new Command("build")
    .summary("build a golden image; nothing to do when it is there already")
    .argument("[recipe]", "name of the recipe", "browser")
    .option("--suite <suite>", "distribution, instead of the configured one")
    .action(async (recipe: string, { suite }: { suite?: string }) => {
      const image = await buildNamedImage(context, recipe, suite);
      context.output.print(image, `${image.name} ${image.id}`);
    });
}
