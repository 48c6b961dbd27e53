import type { NewEgressProxy } from "@browservm/contract";
import type { Command } from "commander";
import { readSecret } from "../connections/read-secret.ts";

const PASSWORD_VARIABLE = "BROWSERVM_PROXY_PASSWORD";

export interface ProxyArguments {
  /** False: `--no-proxy`. */
  readonly proxy?: string | false;
  readonly proxyUser?: string;
  readonly proxyPasswordFile?: string;
  readonly proxyExit?: string;
}

/** The options of a proxy. Its password is never an argument, which every user of a machine can read. */
export const withProxyOptions = (command: Command): Command =>
  command
    .option("--proxy <url>", "go through it, or nowhere: http://, https:// or socks5://host:port")
    .option("--proxy-user <name>", "user name at the proxy")
    .option("--proxy-password-file <file>", `its password; - is stdin; left out: ${PASSWORD_VARIABLE}`)
    .option("--proxy-exit <address>", "the address, or network, that it must come out at");

/** The proxy that a command line asks for, its password read from where it is; undefined when it asks for none. */
export async function proxyOf(
  { proxy, proxyUser, proxyPasswordFile, proxyExit }: ProxyArguments,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<NewEgressProxy | undefined> {
  if (!proxy) return undefined;
  const exit = proxyExit === undefined ? {} : { expectExit: proxyExit };
  if (proxyUser === undefined) return { url: proxy, ...exit };
  const password =
    proxyPasswordFile === undefined
      ? (env[PASSWORD_VARIABLE] ?? "")
      : (await readSecret(proxyPasswordFile)).toString("utf8").replace(/\r?\n$/, "");
  return { url: proxy, ...exit, credentials: { username: proxyUser, password } };
}
