import { describe, expect, test } from "vitest";
import { decodeFdb } from "./fdb.ts";
import { attribute, ipv4Bytes, macBytes, text, u32 } from "./netlink-message.ts";
import { decodeQdisc } from "./qdiscs.ts";
import { decodeRule } from "./rules.ts";

/** struct fib_rule_hdr, linux/fib_rules.h */
const ruleHeader = ({ to = 0, from = 0, table = 254, action = 1, flags = 0 }) => {
  const out = Buffer.alloc(12);
  out.set([2, to, from, 0, table, 0, 0, action]);
  out.writeUInt32LE(flags, 8);
  return out;
};

describe("a routing rule", () => {
  test("of the kernel's own three is left out", () => {
    expect(decodeRule(Buffer.concat([ruleHeader({ table: 255 }), u32(15, 255)]))).toBeUndefined();
    expect(decodeRule(Buffer.concat([ruleHeader({}), u32(6, 32_766), u32(15, 254)]))).toBeUndefined();
  });

  test("with the priority of a kernel's own one, but another table, is not", () => {
    expect(decodeRule(Buffer.concat([ruleHeader({}), u32(6, 32_766), u32(15, 77)]))).toMatchObject({
      table: 77,
      words: "32766: from all lookup 77",
    });
  });

  test("names source, destination and input link", () => {
    const parts = [
      ruleHeader({ from: 16, to: 32 }),
      attribute(2, ipv4Bytes("10.1.0.0")),
      attribute(1, ipv4Bytes("10.2.2.2")),
      text(3, "fcbr0"),
      u32(6, 100),
      u32(15, 1000),
    ];
    expect(decodeRule(Buffer.concat(parts))).toEqual({
      priority: 100,
      table: 1000,
      from: "10.1.0.0/16",
      to: "10.2.2.2",
      iif: "fcbr0",
      words: "100: from 10.1.0.0/16 to 10.2.2.2 iif fcbr0 lookup 1000",
    });
  });

  test("that sends to no table says what it does instead", () => {
    const parts = [ruleHeader({ action: 6, flags: 2 }), u32(6, 5), u32(10, 3)];
    expect(decodeRule(Buffer.concat(parts))).toMatchObject({
      table: 0,
      action: "blackhole",
      selective: true,
      words: "5: not from all fwmark 0x3 blackhole",
    });
  });
});

describe("an entry of a forwarding table", () => {
  /** struct ndmsg, linux/neighbour.h */
  const header = ({ ifindex = 4, state = 2, flags = 0 }) => {
    const out = Buffer.alloc(12);
    out.writeUInt8(7, 0);
    out.writeInt32LE(ifindex, 4);
    out.writeUInt16LE(state, 8);
    out.writeUInt8(flags, 10);
    return out;
  };
  const mac = attribute(2, macBytes("02:fc:0a:4d:00:02"));
  const master = u32(9, 2);

  test("that was learned is neither permanent nor static", () => {
    expect(decodeFdb(Buffer.concat([header({}), mac, master]))).toEqual({
      mac: "02:fc:0a:4d:00:02",
      ifindex: 4,
      permanent: false,
      static: false,
    });
  });

  test("that was set by hand says so, with its VLAN", () => {
    const vlan = attribute(5, Buffer.from([20, 0]));
    expect(decodeFdb(Buffer.concat([header({ state: 0x40 }), mac, master, vlan]))).toMatchObject({
      static: true,
      vlan: 20,
    });
    expect(decodeFdb(Buffer.concat([header({ flags: 0x40 }), mac, master]))).toMatchObject({ static: true });
    expect(decodeFdb(Buffer.concat([header({ state: 0x80 }), mac, master]))).toMatchObject({
      permanent: true,
    });
  });

  test("of a link's own multicast filter is none of a bridge", () => {
    expect(decodeFdb(Buffer.concat([header({ state: 0x80, flags: 2 }), mac]))).toBeUndefined();
  });
});

test("a queueing discipline says where on its link it sits", () => {
  /** struct tcmsg, linux/rtnetlink.h */
  const header = (parent: number) => {
    const out = Buffer.alloc(20);
    out.writeInt32LE(4, 4);
    out.writeUInt32LE(parent, 12);
    return out;
  };
  expect(decodeQdisc(Buffer.concat([header(0xffff_ffff), text(1, "netem")]))).toEqual({
    ifindex: 4,
    kind: "netem",
    at: "root",
  });
  expect(decodeQdisc(Buffer.concat([header(0xffff_fff1), text(1, "clsact")])).at).toBe("ingress");
  expect(decodeQdisc(header(0x1_0001)).at).toBe("child");
});
