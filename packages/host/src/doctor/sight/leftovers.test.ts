import { VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { goodBridge, goodTap } from "../../testing/fake-network.ts";
import { ADDRESS, VM_ID } from "../testing/healthy-sight.ts";
import { findLeftovers } from "./leftovers.ts";

const TAP = { ...goodTap(ADDRESS, 200_000), group: 0x6276 };
const BRIDGE = goodBridge();

describe("leftovers", () => {
  const other = VmId.parse("vm_00000000000000000009");
  const held = [{ vmId: VM_ID, address: ADDRESS }];
  const tidy = {
    known: new Set([VM_ID]),
    held,
    heldAfter: held,
    links: [BRIDGE, TAP],
    ruleset: {
      chains: [],
      rules: [],
      sets: [
        { family: "bridge", table: "browservm", name: "macs", elem: [{ concat: [TAP.name, ADDRESS.mac] }] },
      ],
    },
    directories: [VM_ID as string],
  };

  test("there are none where every thing belongs to a VM that is known", () => {
    expect(findLeftovers(tidy)).toEqual([]);
  });

  test("an element of a VM that was made meanwhile is none", () => {
    const held: typeof tidy.held = [];
    expect(findLeftovers({ ...tidy, held, links: [BRIDGE] })).toEqual([]);
  });

  test("are named: address, TAP, element, files", () => {
    const stray = { ...TAP, name: "bv-9", index: 50 };
    const sets = [
      {
        family: "bridge",
        table: "browservm",
        name: "macs",
        elem: [{ concat: ["bv-9", "02:fc:00:00:00:09"] }],
      },
    ];
    const untidy = {
      ...tidy,
      known: new Set<VmId>(),
      links: [BRIDGE, TAP, stray],
      ruleset: { ...tidy.ruleset, sets },
      directories: [other as string, "not a VM's"],
    };
    expect(findLeftovers(untidy)).toEqual([
      `address ${ADDRESS.ip} of ${VM_ID}`,
      "TAP bv-9",
      "element bv-9 . 02:fc:00:00:00:09 of bridge browservm macs",
      `files of ${other}`,
    ]);
  });
});
