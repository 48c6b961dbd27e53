/** Fails when a file imports what its package must not (scripts/boundaries.ts), or when nothing was looked at. */
import { join } from "node:path";
import { cruise } from "dependency-cruiser";
import { RULES } from "./boundaries.ts";

/** The smallest number of modules at which the look can be believed. */
const LEAST_MODULES = 100;

process.chdir(join(import.meta.dirname, ".."));
const { output } = await cruise(["packages"], {
  validate: true,
  ruleSet: { forbidden: RULES },
  tsPreCompilationDeps: true,
  doNotFollow: { path: "node_modules" },
  exclude: { path: "(^|/)(\\.next|dist)/" },
  enhancedResolveOptions: {
    exportsFields: ["exports"],
    conditionNames: ["import", "node", "default"],
    extensions: [".ts", ".tsx", ".js", ".json"],
  },
});
if (typeof output === "string") throw new Error("dependency-cruiser answered text instead of its result");
const { totalCruised, violations, error } = output.summary;
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`);
if (totalCruised < LEAST_MODULES) {
  console.error(`only ${totalCruised} modules were looked at: the look itself is broken`);
  process.exit(1);
}
console.log(`${totalCruised} modules, ${error} broken rules`);
process.exit(error > 0 ? 1 : 0);
