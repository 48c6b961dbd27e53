import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { peopleTable } from "../../people/describe-people.ts";

/** `browservm person ls` */
export function personLs(context: CliContext): Command {
  return new Command("ls").summary("list people").action(async () => {
    const people = await context.client().people.list();
    context.output.print({ data: people }, peopleTable(people));
  });
}
