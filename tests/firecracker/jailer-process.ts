// `node jailer-process.ts ARGS -- FIRECRACKER_ARGS`: stands in for the jailer 1.16.1. The jail is real (mount namespace,
// chroot, device nodes, uid); only because our stand-in for Firecracker is a script, what Node needs is mounted into it.
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

const VERSION = process.env.STAND_IN_VERSION ?? "1.16.1";
const options = {
  id: { type: "string" },
  "exec-file": { type: "string" },
  uid: { type: "string" },
  gid: { type: "string" },
  "chroot-base-dir": { type: "string", default: "/srv/jailer" },
  version: { type: "boolean" },
} as const;

/** Mounts are seen by this process alone, and vanish with it. $1 root, $2 uid, then what is mounted, --, the command. */
const ENTER = `
root=$1 uid=$2; shift 2
while [ "$1" != -- ]; do mkdir -p "$root$1" && mount --rbind "$1" "$root$1" || exit 1; shift; done
shift
for dir in / /dev /dev/net /run; do mkdir -p "$root$dir" && chmod 700 "$root$dir" && chown "$uid:$uid" "$root$dir"; done
for node in "net/tun 10 200" "kvm 10 232" "urandom 1 9"; do
  set -- $node "$@"
  mknod -m 600 "$root/dev/$1" c "$2" "$3" || exit 1
  chown "$uid:$uid" "$root/dev/$1"
  shift 3
done
exec chroot --userspec="$uid:$uid" --groups= "$root" "$@"`;

function refuse(words: string): never {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

const own = process.argv.slice(2);
const split = own.indexOf("--");
const forwarded = split === -1 ? [] : own.slice(split + 1);
const { values } = parseArgs({ args: split === -1 ? own : own.slice(0, split), options, strict: true });
if (values.version) {
  process.stdout.write(`Jailer v${VERSION}\n\n`);
  process.exit(0);
}
const { id, "exec-file": execFile, uid, gid, "chroot-base-dir": base } = values;
if (id === undefined || execFile === undefined || uid === undefined || gid === undefined)
  refuse("Error: ArgumentParsing(MissingArgument)");
const odd = [...id].findIndex((letter) => !/[A-Za-z0-9-]/.test(letter));
if (odd !== -1) refuse(`Invalid instance ID: Invalid char (${id[odd]}) at position ${odd}`);
for (const path of [execFile, base])
  if (!existsSync(path))
    refuse(`Failed to canonicalize path ${path}: No such file or directory (os error 2)`);

const root = join(base, basename(execFile), id, "root");
mkdirSync(root, { recursive: true });
const program = join(root, basename(execFile));
copyFileSync(execFile, program);
chmodSync(program, statSync(execFile).mode);
chownSync(program, Number(uid), Number(gid));
/** The directory that Node itself is installed in, e.g. the launcher's own runtime. */
const runtime = join(process.execPath, "../..");
const needed = ["/usr", "/bin", "/lib", "/lib64", "/proc", runtime, join(import.meta.dirname, "../..")];
process.execve?.(
  "/usr/bin/unshare",
  [
    ...["unshare", "--mount", "--propagation", "slave", "--", "sh", "-c", ENTER, "jailer", root, uid],
    ...needed.filter((path, index) => existsSync(path) && needed.indexOf(path) === index),
    ...["--", `/${basename(execFile)}`, "--id", id, "--start-time-us", "1", ...forwarded],
  ],
  { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", STAND_IN_VERSION: VERSION },
);
