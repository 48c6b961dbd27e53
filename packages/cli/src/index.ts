export { CliContext } from "./context.ts";
export { EXIT } from "./exit-codes.ts";
export { makeProgram } from "./program.ts";
