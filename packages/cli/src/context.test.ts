import { expect, test } from "vitest";
import { CliContext } from "./context.ts";

test("a context with other variables keeps the vault's key for the controller, and shows it nowhere else", () => {
  const context = new CliContext({ HOME: "/root" }, new AbortController().signal, "1:key");
  const other = context.with({ BROWSERVM_VMM__DRIVER: "container" });
  expect(other.env).toEqual({ HOME: "/root", BROWSERVM_VMM__DRIVER: "container" });
  expect(other.config.vmm.driver).toBe("container");
  expect(other.controllerEnvironment).toEqual({ BVM_VAULT_KEY: "1:key" });
});

test("authorities that Node is to trust besides reach the controller, wherever it is started", () => {
  const context = new CliContext({ NODE_EXTRA_CA_CERTS: "ca.pem" }, new AbortController().signal);
  expect(context.controllerEnvironment).toEqual({ NODE_EXTRA_CA_CERTS: `${process.cwd()}/ca.pem` });
});
