import type { Config, Progress } from "@browservm/contract";
import { stepsOf } from "../terminal-progress.ts";
import { installRelease } from "./install-release.ts";
import { nodeProgram } from "./node-program.ts";
import { buildWeb } from "./web-build.ts";

export interface Prepared {
  /** Directory of everything that the services run. */
  readonly release: string;
  readonly node: string;
}

/** Builds what is missing: image, page, release. Done already = at once. */
export async function prepare(progress: Progress, config: Config, image: string): Promise<Prepared> {
  if (image !== "none") {
    const { buildImage } = await import("@browservm/host/image");
    await buildImage(stepsOf(`image ${image}`, progress), { recipe: image, config });
  }
  const web = await buildWeb(progress);
  return { release: await installRelease(progress, config, web), node: nodeProgram(config) };
}
