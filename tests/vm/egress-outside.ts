import { z } from "zod";
import { OutsideProgram } from "../harness/outside-program.ts";
import { must } from "../netns/fake-guest.ts";

// RFC 5737 addresses play the internet.
export const RESOLVER = "203.0.113.53";
export const SITE = "203.0.113.10";
export const SITE_PORT = 8080;
export const PROXY = "203.0.113.40";
/** How the machine itself is seen from outside. */
export const MACHINE = "203.0.113.1";
const PROGRAM = new URL("./egress-outside-process.ts", import.meta.url).pathname;
const NFT = ["netns", "exec", "internet", "nft"] as const;

const Seen = z.object({
  names: z.array(z.string()),
  proxied: z.array(z.string()),
  told: z.array(z.object({ path: z.string(), from: z.string(), body: z.unknown().optional() })),
});
type Seen = z.infer<typeof Seen>;

/** DNS, a site and proxies in the namespace "internet", and a count of packets that come there past the proxies. */
export class EgressOutside implements AsyncDisposable {
  readonly #program: OutsideProgram;

  private constructor(program: OutsideProgram) {
    this.#program = program;
  }

  static async start(credentials: { username: string; password: string }): Promise<EgressOutside> {
    const { username, password } = credentials;
    for (const ip of [RESOLVER, SITE, PROXY])
      await must("ip", "-n", "internet", "addr", "add", `${ip}/24`, "dev", "eth0");
    // The proxies and the site are on one machine.
    await must("ip", "-n", "internet", "link", "set", "lo", "up");
    await must("ip", ...NFT, "add table ip lab");
    await must("ip", ...NFT, "add chain ip lab in { type filter hook input priority 0; }");
    await must("ip", ...NFT, "add counter ip lab direct");
    await must(
      "ip",
      ...NFT,
      `add rule ip lab in ip saddr ${MACHINE} ip daddr != ${PROXY} counter name direct`,
    );
    return new EgressOutside(await OutsideProgram.start(PROGRAM, RESOLVER, SITE, PROXY, username, password));
  }

  async seen(): Promise<Seen> {
    return Seen.parse(await this.#program.ask("?"));
  }

  /** Nothing was seen, and no packet counted. */
  async forget(): Promise<void> {
    await this.#program.ask("forget");
    await must("ip", ...NFT, "reset", "counter", "ip", "lab", "direct");
  }

  /** Packets that came from the machine to anything but the proxies. */
  async direct(): Promise<number> {
    const counter = await must("ip", ...NFT, "list", "counter", "ip", "lab", "direct");
    return Number(/packets (\d+)/.exec(counter)?.[1]);
  }

  async proxies(how: "up" | "down"): Promise<void> {
    await this.#program.ask(`proxies ${how}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
