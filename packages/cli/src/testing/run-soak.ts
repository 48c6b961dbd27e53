import type { CliContext } from "../context.ts";
import { buildNamedImage } from "../images/build-named-image.ts";
import { runInCheckout } from "./run-in-checkout.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Sessions that come and go meanwhile. */
  readonly others: number;
  readonly image: string;
  readonly otherImage: string;
}

/** Runs tests/soak on images that it builds first where they are missing; answers its exit status. */
export async function runSoak(context: CliContext, options: SoakOptions): Promise<number> {
  const { minutes, others, image, otherImage } = options;
  if (context.env.BROWSERVM_TEST_IMAGES === undefined)
    for (const recipe of new Set([image, otherImage])) await buildNamedImage(context, recipe);
  return runInCheckout(context, {
    what: "soak tests",
    program: "tests/soak/main.ts",
    args: [
      ...["--minutes", String(minutes), "--others", String(others)],
      ...["--image", image, "--other-image", otherImage],
    ],
  });
}
