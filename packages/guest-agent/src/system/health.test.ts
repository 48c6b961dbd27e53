import { GUEST_CALLS } from "@browservm/contract/guest/calls";
import { describe, expect, test } from "vitest";
import { parseMounts } from "./filesystems.ts";
import { dropsOfIptables, dropsOfNft } from "./guest-firewall.ts";
import { readHealth } from "./health.ts";
import { parseMemory, parseOomKills, parseSnmp } from "./kernel-counters.ts";

test("memory, kills and counters are read from the kernel's files", () => {
  expect(parseMemory("MemTotal:  500 kB\nMemFree:  10 kB\nMemAvailable:  300 kB\n")).toEqual({
    totalKib: 500,
    availableKib: 300,
  });
  expect(parseMemory("")).toEqual({ totalKib: 0, availableKib: 0 });
  expect(parseOomKills("nr_free 1\noom_kill 3\n")).toBe(3);
  expect(parseOomKills("nr_free 1\n")).toBe(0);
  expect(parseSnmp("Tcp: MaxConn InCsumErrors\nTcp: -1 7\nUdp: NoPorts\nUdp: 2\n")).toEqual({
    "Tcp.MaxConn": -1,
    "Tcp.InCsumErrors": 7,
    "Udp.NoPorts": 2,
  });
  expect(parseSnmp("nonsense")).toEqual({});
});

test("filesystems that hold what programs write are looked at; images and virtual ones are not", () => {
  const mounts = [
    "overlay / overlay rw,lowerdir=/base 0 0",
    "proc /proc proc rw 0 0",
    "/dev/vdc /srv/my\\040files ext4 ro,noatime 0 0",
    "/dev/vda /base erofs ro 0 0",
    "run /run tmpfs rw 0 0",
  ];
  expect(parseMounts(`${mounts.join("\n")}\n`)).toEqual([
    { mount: "/", readOnly: false },
    { mount: "/srv/my files", readOnly: true },
    { mount: "/run", readOnly: false },
  ]);
});

describe("the guest's own firewall", () => {
  test("is told by what drops or rejects, with table and chain", () => {
    const listing = `table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		tcp dport 8080 counter packets 3 bytes 180 drop
		accept comment "never drop this"
	}
}`;
    expect(dropsOfNft(listing)).toEqual([
      "table inet filter, chain input: type filter hook input priority filter; policy drop;",
      "table inet filter, chain input: tcp dport 8080 counter packets 3 bytes 180 drop",
    ]);
    expect(dropsOfNft("")).toEqual([]);
  });

  test("in the old words, too", () => {
    const listing = "-P INPUT DROP\n-P OUTPUT ACCEPT\n-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n";
    expect(dropsOfIptables(listing)).toEqual([
      "iptables -P INPUT DROP",
      "iptables -A INPUT -p tcp -j REJECT --reject-with tcp-reset",
    ]);
  });
});

test("a machine without our manifest and without systemd still tells its health, and what it could not read", async () => {
  const health = await readHealth(AbortSignal.timeout(20_000));
  expect(GUEST_CALLS["health.get"].result.parse(health)).toEqual(health);
  expect(health.memory.totalKib).toBeGreaterThan(0);
  expect(health.filesystems.some(({ mount }) => mount === "/")).toBe(true);
  expect(health.injected).toEqual([{ path: "/run/browservm/manifest.json", state: "missing" }]);
  expect(health.counters["Tcp.InSegs"]).toBeGreaterThanOrEqual(0);
}, 30_000);
