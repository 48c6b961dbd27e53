import type { CliContext } from "../context.ts";
import { buildNamedImage } from "../images/build-named-image.ts";

/** Images that the tiers boot. */
const RECIPES = ["tiny", "browser"];

/** Builds the images of the tests, in the machine's own network; at once when they are there. */
export async function prepareImages(context: CliContext): Promise<void> {
  for (const recipe of RECIPES) await buildNamedImage(context, recipe);
}
