import { BrowserVmError, EgressProxy, VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { asDown, asUp, mistrustOf, ProxyStates } from "./proxy-states.ts";

const VM = VmId.parse(`vm_${"a".repeat(20)}`);
const PROXY = EgressProxy.parse({ url: "http://203.0.113.9:3128" });
const down = (code: "PROXY_EXIT_IS_HOST" | "PROXY_UNREACHABLE" | "PROXY_EXIT_UNKNOWN") =>
  asDown(new BrowserVmError(code, "so"), 1);
const up = asUp({ exit: "203.0.113.9", evidence: [] } as never, 1);

test("what comes out where it may not is mistrusted until it is found right, whatever fails meanwhile", () => {
  const states = new ProxyStates();
  expect(states.set(VM, PROXY, down("PROXY_EXIT_IS_HOST"))).toBe(true);
  for (const code of ["PROXY_UNREACHABLE", "PROXY_EXIT_UNKNOWN"] as const) {
    expect(states.set(VM, PROXY, down(code))).toBe(false);
    expect(mistrustOf(states.of(VM, PROXY))).toBe("PROXY_EXIT_IS_HOST");
  }
  expect(states.set(VM, PROXY, up)).toBe(true);
  expect(mistrustOf(states.of(VM, PROXY))).toBeUndefined();
  expect(states.set(VM, PROXY, down("PROXY_UNREACHABLE"))).toBe(true);
});
