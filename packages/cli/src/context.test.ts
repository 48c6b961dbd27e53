import { expect, test } from "vitest";
import { CliContext } from "./context.ts";

test("a context with other variables keeps the vault's key for the controller, and shows it nowhere else", () => {
  const context = new CliContext({ HOME: "/root" }, new AbortController().signal, "1:key");
  const other = context.with({ BROWSERVM_VMM__DRIVER: "container" });
  expect(other.env).toEqual({ HOME: "/root", BROWSERVM_VMM__DRIVER: "container" });
  expect(other.config.vmm.driver).toBe("container");
  expect(other.controllerSecrets).toEqual({ BVM_VAULT_KEY: "1:key" });
});
