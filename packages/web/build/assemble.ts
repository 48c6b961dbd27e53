import { cp, rm } from "node:fs/promises";
import { join } from "node:path";

/** Puts the static files beside the standalone server, which does not copy them itself. */
const next = join(import.meta.dirname, "../.next");
const target = join(next, "standalone/packages/web/.next/static");
await rm(target, { recursive: true, force: true });
await cp(join(next, "static"), target, { recursive: true });
