import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm snapshot rm` */
export function snapshotRm(context: CliContext): Command {
  return new Command("rm")
    .summary("remove a golden snapshot that no VM runs from")
    .argument("<snapshot>", "id of the snapshot")
    .action(async (id: string) => {
      await context.client().snapshots.remove(id);
      context.output.print({ id }, `${id} removed`);
    });
}
