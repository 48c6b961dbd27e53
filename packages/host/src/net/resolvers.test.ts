import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findResolvers, parseResolvers } from "./resolvers.ts";

test("IPv4 resolvers are read in order; comments, IPv6 and nonsense are left out", () => {
  const text =
    "# nameserver 9.9.9.9\nsearch lan\nnameserver 1.1.1.1\nnameserver fe80::1\n nameserver 8.8.8.8 # x\nnameserver 1.1\n";
  expect(parseResolvers(text)).toEqual(["1.1.1.1", "8.8.8.8"]);
});

test("a file with loopback or own addresses only gives way to the next, and no file at all to none", async () => {
  const directory = mkdtempSync(join(tmpdir(), "resolvers-"));
  try {
    const [stub, real] = [join(directory, "stub"), join(directory, "real")];
    writeFileSync(stub, "nameserver 127.0.0.53\nnameserver 192.0.2.7\n");
    writeFileSync(real, "nameserver 192.0.2.1\n");
    expect(await findResolvers(["192.0.2.7"], [stub, real])).toEqual(["192.0.2.1"]);
    expect(await findResolvers([], [join(directory, "none")])).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
