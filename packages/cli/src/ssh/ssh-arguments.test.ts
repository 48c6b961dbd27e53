import { expect, test } from "vitest";
import { sshArguments } from "./ssh-arguments.ts";

const call = { id: "ses_a", key: "/tmp/k", knownHosts: "/tmp/h", stream: ["node", "/opt/it's/100%/main.ts"] };

test("the user's flags go before the host and the command behind it", () => {
  const args = sshArguments({ ...call, more: ["-L", "8080:localhost:80", "-N", "ls", "-l"] });
  const host = args.indexOf("browser@ses_a");
  expect(args.slice(host - 3, host)).toEqual(["-L", "8080:localhost:80", "-N"]);
  expect(args.slice(host + 1)).toEqual(["ls", "-l"]);
});

test("only the guest's own key is trusted, under the session's name", () => {
  const args = sshArguments({ ...call, more: [] });
  expect(args).toEqual(
    expect.arrayContaining(["StrictHostKeyChecking=yes", "HostKeyAlias=ses_a", "UserKnownHostsFile=/tmp/h"]),
  );
});

test("the connection's command survives quotes and percent signs in paths", () => {
  const command = sshArguments({ ...call, more: [] }).find((word) => word.startsWith("ProxyCommand="));
  expect(command).toBe(`ProxyCommand='node' '/opt/it'\\''s/100%%/main.ts'`);
});
