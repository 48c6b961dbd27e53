import { EgressPolicy } from "@browservm/contract";
import { expect, test } from "vitest";
import { type FlowTarget, mayFlow, type ProxyFlow, ProxyFlows } from "./proxy-flows.ts";

const proxy = { url: "http://one.example:3128" };
const policy = (more: object = {}) => EgressPolicy.parse({ proxy, ...more });

function flow(guest: string, target: FlowTarget = { name: "a.example", port: 443 }) {
  const one = { guest, target, proxy, cuts: 0, cut: () => void one.cuts++ };
  return one satisfies ProxyFlow;
}

test("a guest has room for 256 connections, all for 4096, and an end makes room again", () => {
  const flows = new ProxyFlows();
  const kept = Array.from({ length: 16 * 256 }, (_, index) => flow(`10.0.0.${Math.floor(index / 256)}`));
  expect(kept.slice(0, 256).every((one) => flows.add(one))).toBe(true);
  expect(flows.add(flow("10.0.0.0"))).toBe(false);
  expect(kept.slice(256).every((one) => flows.add(one))).toBe(true);
  expect(flows.add(flow("10.0.0.99"))).toBe(false);
  const [first] = kept;
  // An end that is told twice makes room once.
  if (first) for (const _ of "ab") flows.remove(first);
  expect(flows.countOf("10.0.0.0")).toBe(255);
  expect([flows.add(flow("10.0.0.99")), flows.add(flow("10.0.0.99"))]).toEqual([true, false]);
});

test("a change cuts what is denied now or goes through another proxy, of this guest only", () => {
  const flows = new ProxyFlows();
  const [kept, denied, other] = [
    flow("10.0.0.1"),
    flow("10.0.0.1", { name: "b.example", port: 443 }),
    flow("10.0.0.2"),
  ];
  for (const one of [kept, denied, other]) flows.add(one);
  flows.keepOnly("10.0.0.1", policy({ allow: ["a.example"] }));
  expect([kept.cuts, denied.cuts, other.cuts]).toEqual([0, 1, 0]);
  flows.keepOnly("10.0.0.1", policy({ proxy: { url: "http://two.example" } }));
  flows.forget("10.0.0.2");
  expect([kept.cuts > 0, other.cuts]).toEqual([true, 1]);
});

test.each([
  [{}, { name: "a.example", port: 25 }, true],
  [{ deny: [":25"] }, { name: "a.example", port: 25 }, false],
  [{ deny: ["a.example"] }, { name: "a.example", port: 443 }, false],
  [{ allow: ["a.example:443"] }, { name: "a.example", port: 443 }, true],
  [{ allow: ["a.example:443"] }, { name: "a.example", port: 80 }, false],
  [{ allow: ["a.example"] }, { ip: "203.0.113.1", port: 443 }, false],
  [{}, { ip: "203.0.113.1", port: 443 }, true],
  [{}, { ip: "203.0.113.1", port: 853 }, false],
  [{ allow: ["203.0.113.0/24"] }, { ip: "203.0.113.1", port: 853 }, true],
  [{ deny: ["203.0.113.0/24:80"] }, { ip: "203.0.113.1", port: 80 }, false],
  [{ allow: ["10.20.0.0/16"] }, { ip: "10.20.0.1", port: 443 }, false],
])("with %j, %j may flow: %s", (more, target, may) => {
  expect(mayFlow(policy(more), target as FlowTarget)).toBe(may);
});
