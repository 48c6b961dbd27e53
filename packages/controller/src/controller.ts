import { runDaemon } from "@browservm/daemon";
import packageJson from "../package.json" with { type: "json" };
import { makeLogger } from "./log.ts";
import { startController } from "./start-controller.ts";
import { takeVaultKey } from "./vault/take-vault-key.ts";

/** Composition root of the controller process. */
if (import.meta.main) {
  const vaultKey = takeVaultKey(process.env);
  await runDaemon({
    name: "the controller",
    farewell: "VMs go on",
    makeLogger,
    start: (config, log) => startController({ config, log, version: packageJson.version, vaultKey }),
  });
}
