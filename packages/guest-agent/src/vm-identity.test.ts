import { expect, test } from "vitest";
import { VmIdentity } from "./vm-identity.ts";

test("knows nothing and accepts no token before hello", () => {
  const identity = new VmIdentity();
  expect(identity.known).toBeUndefined();
  expect(identity.isToken("")).toBe(false);
  expect(identity.isToken("undefined")).toBe(false);
});

test("accepts its own token only, and a later hello replaces it", () => {
  const identity = new VmIdentity();
  identity.learn({ vmId: "vm_a", nonce: "n1", token: "secret" });
  expect(identity.isToken("secret")).toBe(true);
  for (const wrong of ["", "secre", "secret ", "SECRET", "secret\0"])
    expect(identity.isToken(wrong)).toBe(false);
  identity.learn({ vmId: "vm_a", nonce: "n2", token: "other" });
  expect(identity.isToken("secret")).toBe(false);
  expect(identity.known).toEqual({ vmId: "vm_a", nonce: "n2" });
});
