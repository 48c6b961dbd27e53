import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findAuthorities } from "./authorities.ts";
import { nameservers, parseIpOutput } from "./network-facts.ts";

const LINKS = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"address":"00:00:00:00:00:00","addr_info":[{"local":"127.0.0.1","prefixlen":8}]},{"ifname":"eth0","flags":["BROADCAST","UP"],"mtu":1400,"address":"02:00:00:00:00:07","addr_info":[{"local":"10.0.0.2","prefixlen":24},{}]}]`;

describe("what ip says", () => {
  test("becomes links, routes and neighbours", () => {
    const routes = `[{"dst":"default","gateway":"10.0.0.1","dev":"eth0","flags":[]},{"dst":"10.0.0.0/24","dev":"eth0"}]`;
    const neighbours = `[{"dst":"10.0.0.1","dev":"eth0","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]},{"dst":"10.0.0.9","dev":"eth0","state":["FAILED"]}]`;
    const facts = parseIpOutput(`${LINKS}\n${routes}\n${neighbours}\n`);
    expect(facts.links[1]).toEqual({
      name: "eth0",
      mac: "02:00:00:00:00:07",
      up: true,
      carrier: false,
      mtu: 1400,
      addresses: ["10.0.0.2/24"],
    });
    expect(facts.routes).toEqual([
      { to: "default", via: "10.0.0.1", dev: "eth0" },
      { to: "10.0.0.0/24", dev: "eth0" },
    ]);
    expect(facts.neighbours[1]).toEqual({ ip: "10.0.0.9", dev: "eth0", state: "FAILED" });
  });

  test("may lack what is empty, but must be what we know", () => {
    expect(parseIpOutput("[]\n[]\n[]\n")).toEqual({ links: [], routes: [], neighbours: [] });
    expect(() => parseIpOutput('[{"ifname":1}]\n[]\n[]')).toThrow();
    expect(() => parseIpOutput("Object is not there")).toThrow();
  });

  test("name servers are read from resolv.conf", () => {
    expect(
      nameservers("# c\nsearch x\nnameserver 1.1.1.1\nnameserver   fe80::1%eth0\n#nameserver 9.9.9.9\n"),
    ).toEqual(["1.1.1.1", "fe80::1%eth0"]);
  });
});

describe("network authorities", () => {
  let root = "";
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "authorities-"));
    await mkdir(join(root, "proc/self"), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  async function runs(pid: number, comm: string): Promise<void> {
    await mkdir(join(root, `proc/${pid}`));
    await writeFile(join(root, `proc/${pid}/comm`), `${comm}\n`);
  }

  test("one authority is one", async () => {
    await runs(1, "systemd");
    await runs(90, "systemd-network");
    expect(await findAuthorities(root)).toEqual(["systemd-networkd"]);
  });

  test("each that could fight it is named", async () => {
    await runs(90, "systemd-network");
    await runs(91, "dhclient");
    await runs(92, "NetworkManager");
    await runs(93, "constructor");
    await mkdir(join(root, "run/network"), { recursive: true });
    await writeFile(join(root, "run/network/ifstate"), "lo=lo\neth0=eth0\n");
    await mkdir(join(root, "run/cloud-init"));
    await writeFile(join(root, "run/cloud-init/enabled"), "");
    expect(await findAuthorities(root)).toEqual([
      "NetworkManager",
      "cloud-init",
      "dhclient",
      "ifupdown",
      "systemd-networkd",
    ]);
  });

  test("ifupdown that only did lo is none", async () => {
    await mkdir(join(root, "run/network"), { recursive: true });
    await writeFile(join(root, "run/network/ifstate"), "lo=lo\n");
    expect(await findAuthorities(root)).toEqual([]);
  });
});
