import { type Event, VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { account } from "./account.ts";
import { chooseHarm } from "./harms.ts";

const vmId = VmId.parse("vm_00000000000000000001");
const other = VmId.parse("vm_00000000000000000002");
const orphan = { name: "", codes: ["tap-orphan"], alsoBy: ["bridge-missing"], vmId, script: "" };
const flush = { name: "", codes: ["rules-missing"], alsoBy: [], script: "" };

const repair = (code: string, at: number, of?: VmId, outcome = "repaired"): Event => {
  const about = of ? { vmId: of } : {};
  const data = {
    at: new Date(at).toISOString(),
    code,
    cause: "",
    step: "",
    outcome,
    tookMs: 40,
    suspects: [],
    ...about,
  };
  return { seq: at, at: data.at, subject: of ?? "host", type: "network.repair", data };
};

test("each harm with its repair, and each repair with its harm", () => {
  const harms = [
    { harm: orphan, at: 1000 },
    { harm: flush, at: 2000 },
  ];
  const events = [repair("tap-orphan", 1100, vmId), repair("rules-missing", 2100)];
  expect(account(harms, events)).toMatchObject({ repaired: 2, unexplained: [], unnoticed: [], medianMs: 40 });
});

test("a repair of another VM, of another code, or from before explains nothing", () => {
  const harms = [{ harm: orphan, at: 1000 }];
  const events = [
    repair("tap-orphan", 1100, other),
    repair("tap-down", 1100, vmId),
    repair("tap-orphan", 900, vmId),
  ];
  const { unexplained, unnoticed } = account(harms, events);
  expect(unexplained).toHaveLength(3);
  expect(unnoticed).toEqual(harms);
});

test("a harm that another repair undoes is noticed, but does not explain that one", () => {
  const harms = [{ harm: orphan, at: 1000 }];
  const { unexplained, unnoticed } = account(harms, [repair("bridge-missing", 1100)]);
  expect(unexplained).toHaveLength(1);
  expect(unnoticed).toEqual([]);
});

test("harms hit all VMs or one of them, and every choice is possible", () => {
  const victims = [{ vmId, address: { tap: "bv-0", ip: "10.0.0.2" } }] as unknown as Parameters<
    typeof chooseHarm
  >[0];
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const names = new Set(Array.from({ length: 300 }, () => chooseHarm(victims, random).name));
  expect(names.size).toBe(7);
});
