import { ERRORS, type ErrorRow } from "../../packages/contract/src/index.ts";
import { head } from "./page.ts";

/** Every row of the error table. */
export function errorsPage(): string {
  const rows: Readonly<Record<string, ErrorRow>> = ERRORS;
  const sections = Object.entries(rows).map(
    ([code, { status, title, fix }]) => `### ${code}\n\nHTTP ${status}: ${title}.\n\n→ ${fix}\n`,
  );
  const words =
    "Errors travel as `application/problem+json` with `code`, `title`, `status`, `detail` (what happened this time), `fix` and `details`. The command prints the same words.";
  return `${head("Errors", "packages/contract/src/error-table.ts", words)}\n${sections.join("\n")}`;
}
