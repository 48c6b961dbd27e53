import { SigninSettings } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { Command } from "commander";
import { readSecretJson } from "../../connections/read-secret.ts";
import type { CliContext } from "../../context.ts";
import { signinWords } from "../../signins/describe-signin.ts";

interface Options {
  readonly settings?: string;
  readonly connection?: string;
  readonly subject?: string;
  readonly expiresIn?: number;
  readonly profile?: string;
  readonly image?: string;
  readonly detach?: boolean;
}

/** `browservm signin start` */
export function signinStart(context: CliContext): Command {
  return new Command("start")
    .summary("let somebody sign in, in a VM of its own; waits until they have")
    .argument("[provider]", "one of `browservm signin providers`, or a name of your own beside --settings")
    .option("--settings <file>", "how, as JSON (docs/sign-ins.md); - is stdin")
    .option("--connection <id>", "renew this connection")
    .option("--subject <name>", "whose account it must be")
    .option("--expires-in <seconds>", "time in which somebody must have signed in", Number)
    .option("--profile <name>", "keep the browser as a new profile of this name")
    .option("--image <name>", "image of the VM")
    .option("--detach", "do not wait until it is over")
    .action(async (provider: string | undefined, options: Options) => {
      const client = context.client();
      const begun = await client.signins.create(await requestOf(provider, options));
      const ready = await client.signins.waitFor(begun.id, "awaiting_user");
      if (options.detach) return context.output.print(ready, signinWords(ready));
      context.output.note(signinWords(ready));
      const done = await untilOver(client, begun.id);
      context.output.print(done, signinWords(done));
    });
}

const untilOver = (client: BrowserVM, id: string) => client.signins.waitFor(id, "completed");

async function requestOf(provider: string | undefined, options: Options) {
  const { settings, connection, subject, expiresIn, profile, image } = options;
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(settings === undefined ? {} : { settings: SigninSettings.parse(await readSecretJson(settings)) }),
    ...(connection === undefined ? {} : { connection }),
    ...(subject === undefined ? {} : { subject }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(profile === undefined ? {} : { profile }),
    ...(image === undefined ? {} : { session: { image } }),
  };
}
