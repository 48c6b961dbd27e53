import { z } from "zod";
import { INTERNET } from "../../soak/internet.ts";
import type { Certificate } from "../certificate.ts";
import { OutsideProgram } from "../outside-program.ts";

const PROGRAM = new URL("./login-provider-process.ts", import.meta.url).pathname;
const About = z.object({
  issuer: z.string(),
  client: z.object({ clientId: z.string(), clientSecret: z.string() }),
});

/** The test's OpenID provider, on the internet. */
export class ProviderOutside implements AsyncDisposable {
  readonly issuer: string;
  readonly client: z.infer<typeof About>["client"];
  readonly #program: OutsideProgram;

  private constructor(program: OutsideProgram) {
    ({ issuer: this.issuer, client: this.client } = About.parse(program.about));
    this.#program = program;
  }

  static async start({ key, cert }: Certificate): Promise<ProviderOutside> {
    return new ProviderOutside(await OutsideProgram.start(PROGRAM, INTERNET, key, cert));
  }

  /** What browsers have said of themselves: whether they are driven by a program. */
  async automated(): Promise<unknown> {
    return this.#program.ask("?");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
