import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { wholeNumber } from "../../parse-options.ts";
import { poolWords } from "../../pools/describe-pool.ts";
import { EGRESS_FILE, egressOf } from "../../sessions/egress-options.ts";

interface SetOptions {
  readonly size: number;
  readonly image: string;
  readonly vcpus?: number;
  readonly memory?: number;
  readonly egress?: string;
}

/** `browservm pool set` */
export function poolSet(context: CliContext): Command {
  return new Command("set")
    .summary("make or change a pool; it is filled in the background")
    .argument("<name>", "name of the pool")
    .requiredOption("--size <n>", "VMs that are kept ready; 0 keeps none", wholeNumber)
    .option("--image <name>", "golden image", "browser")
    .option("--vcpus <n>", "virtual CPUs, instead of the image's default", wholeNumber)
    .option("--memory <mib>", "memory in MiB, instead of the image's default", wholeNumber)
    .option("--egress <file>", EGRESS_FILE)
    .action(async (name: string, { size, image, vcpus, memory, egress: file }: SetOptions) => {
      const egress = await egressOf(file === undefined ? {} : { egress: file });
      const pool = await context.client().pools.set(name, {
        size,
        image,
        ...(vcpus === undefined ? {} : { vcpus }),
        ...(memory === undefined ? {} : { memoryMib: memory }),
        ...(egress ? { egress } : {}),
      });
      context.output.print(pool, poolWords(pool));
    });
}
