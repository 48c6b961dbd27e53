import { readFileSync } from "node:fs";
import { BrowserVmError } from "@browservm/contract";
import { runQuietly } from "../process.ts";

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The system user of controller and page; made when it does not exist. */
export async function ensureSystemUser(name: string): Promise<SystemUser> {
  const known = findUser(name);
  if (known) return refuseRoot(known);
  await runQuietly("useradd", [
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir=/nonexistent",
    "--shell=/usr/sbin/nologin",
    name,
  ]);
  const made = findUser(name);
  if (!made) throw new BrowserVmError("COMMAND_FAILED", `useradd made no user ${name}`);
  return made;
}

function findUser(name: string): SystemUser | undefined {
  const row = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([user]) => user === name);
  return row && { name, uid: Number(row[2]), gid: Number(row[3]) };
}

function refuseRoot(user: SystemUser): SystemUser {
  if (user.uid === 0) throw new BrowserVmError("BAD_CONFIG", "user: controller and page never run as root");
  return user;
}
