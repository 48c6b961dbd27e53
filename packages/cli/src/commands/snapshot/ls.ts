import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { snapshotTable } from "../../snapshots/describe-snapshot.ts";

/** `browservm snapshot ls` */
export function snapshotLs(context: CliContext): Command {
  return new Command("ls").summary("list golden snapshots").action(async () => {
    const snapshots = await context.client().snapshots.list();
    context.output.print({ data: snapshots }, snapshotTable(snapshots));
  });
}
