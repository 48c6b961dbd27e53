import { Role } from "@browservm/contract";
import { Command, Option } from "commander";
import type { CliContext } from "../../context.ts";

interface SetOptions {
  readonly role?: Role;
  readonly name?: string;
  readonly disable?: boolean;
  readonly enable?: boolean;
}

/** `browservm person set` */
export function personSet(context: CliContext): Command {
  return new Command("set")
    .summary("change a person's role or name, or disable or enable them")
    .argument("<person>", "id of the person")
    .addOption(new Option("--role <role>", "what they may do").choices([...Role.options]))
    .option("--name <name>", "what they are called")
    .addOption(new Option("--disable", "end their sign-ins and let them in no more").conflicts("enable"))
    .option("--enable", "let them in again")
    .action(async (id: string, { role, name, disable, enable }: SetOptions) => {
      const person = await context.client().people.change(id, {
        ...(role === undefined ? {} : { role }),
        ...(name === undefined ? {} : { name }),
        ...(disable || enable ? { disabled: disable === true } : {}),
      });
      const state = person.disabled ? "disabled" : "active";
      context.output.print(person, `${person.email} is ${person.role}, ${state}`);
    });
}
