export interface SshCall {
  readonly id: string;
  readonly key: string;
  readonly knownHosts: string;
  /** The command whose stdin and stdout are the connection. */
  readonly stream: readonly string[];
  readonly more: readonly string[];
}

/** Command words of OpenSSH that begin with a dash and take the next word as their value (ssh(1)). */
const TAKES_VALUE = /^-[BbcDEeFIiJLlmOopQRSWw]$/;

/** Arguments of OpenSSH for one call: our key, the guest's known key, our stream as the connection. */
export function sshArguments({ id, key, knownHosts, stream, more }: SshCall): string[] {
  const settings = {
    IdentityFile: key,
    IdentitiesOnly: "yes",
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: "/dev/null",
    HostKeyAlias: id,
    StrictHostKeyChecking: "yes",
    ProxyCommand: stream.map(quote).join(" "),
    LogLevel: "ERROR",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const { flags, command } = split(more);
  return ["-F", "/dev/null", ...options, ...flags, `browser@${id}`, ...command];
}

/** What goes before the host's name, and the command that goes behind it. */
function split(more: readonly string[]): { flags: readonly string[]; command: readonly string[] } {
  let at = 0;
  while (at < more.length && more[at]?.startsWith("-")) at += TAKES_VALUE.test(more[at] ?? "") ? 2 : 1;
  return { flags: more.slice(0, at), command: more.slice(at) };
}

/** ssh hands ProxyCommand to a shell after it has replaced its % tokens (ssh_config(5)). */
function quote(word: string): string {
  return `'${word.replaceAll("%", "%%").replaceAll("'", "'\\''")}'`;
}
