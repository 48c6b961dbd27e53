import { BrowserVmError } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { stepsOf } from "../terminal-progress.ts";

/** Builds an image, each step shown. Runs in the machine's own network, whose mirrors it needs. */
export async function buildNamedImage(context: CliContext, recipe: string, suite?: string) {
  if (process.getuid?.() !== 0) throw new BrowserVmError("NOT_PRIVILEGED", "building an image needs root");
  const { buildImage } = await import("@browservm/host/image");
  using progress = context.progress();
  const image = await buildImage(stepsOf(`image ${recipe}`, progress), {
    recipe,
    config: context.config,
    ...(suite ? { suite } : {}),
  });
  progress.done();
  return image;
}
