import { hostname } from "node:os";
import { type Config, paths } from "@browservm/contract";
import { connectToSocket } from "@browservm/sdk/node";
import type { CliContext } from "../context.ts";
import { poolWords } from "../pools/describe-pool.ts";

const WEAKER =
  "! Sessions run in containers, not in VMs: they share this machine's kernel. Not for pages or people that you do not trust (docs/container.md)";

/** Prints the link that signs in once, and how to reach it from another machine. */
export async function announce(context: CliContext): Promise<void> {
  const { config, output, env } = context;
  await using client = connectToSocket(paths(config).controllerSocket);
  const [link, host, pools] = await Promise.all([
    client.createLoginToken(),
    client.host(),
    client.pools.list(),
  ]);
  const { accelerator, network, images, snapshots } = host;
  const tunnel = tunnelLine(config, env);
  const words = [
    "",
    "BrowserVM is ready. Open this link (it works once; `browservm open` makes a new one):",
    "",
    `  ${link.url}`,
    ...(tunnel ? ["", "From another machine, first:", "", `  ${tunnel}`] : []),
    "",
    `VMs: ${accelerator.driver}, ${accelerator.name} (${accelerator.reason})`,
    `Network: ${network.bridge} ${network.cidr}, ${network.namespace}, uplink ${network.uplink}`,
    `Images: ${images.map(({ name }) => name).join(", ") || "none"}`,
    `Snapshots: ${snapshots.usable ? "VMs start from golden snapshots" : "VMs boot"} (${snapshots.reason})`,
    `Pools: ${pools.map(poolWords).join("; ") || "none; `browservm pool set NAME --size N` keeps VMs ready"}`,
    ...(host.isolation === "container" ? [WEAKER] : []),
    ...network.warnings.map((warning) => `! ${warning}`),
    "",
    "Ctrl-C ends every session and stops BrowserVM.",
    "",
  ];
  const { isolation } = host;
  output.print(
    { status: "ready", url: link.url, expiresAt: link.expiresAt, tunnel, isolation },
    words.join("\n"),
  );
}

/** The `ssh -L` line for people whose browser is elsewhere: live view wants localhost or TLS. */
export function tunnelLine(
  { listen, publicUrl }: Pick<Config, "listen" | "publicUrl">,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const isLoopback = /^(127\.|localhost|\[::1\])/.test(listen);
  const isHeadless = !env.DISPLAY && !env.WAYLAND_DISPLAY;
  if (publicUrl || !isLoopback || !(env.SSH_CONNECTION || isHeadless)) return undefined;
  const port = listen.slice(listen.lastIndexOf(":") + 1);
  // "client-ip client-port server-ip server-port" (ssh(1))
  const address = env.SSH_CONNECTION?.split(" ")[2] ?? hostname();
  return `ssh -L ${port}:${listen} ${env.SUDO_USER ?? env.USER ?? "root"}@${address}`;
}
