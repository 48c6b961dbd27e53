import { apiRoutes, type Route } from "../../packages/contract/src/index.ts";
import { head, markdownTable } from "./page.ts";

/** Every row of the public API. */
export function apiPage(): string {
  const routes: readonly Route[] = Object.values(apiRoutes);
  const rows = routes.map(({ method, path, summary, access, status, kind, errors }) => [
    `\`${method} ${path}\``,
    summary,
    access,
    `${status} ${kind}`,
    errors.map((code) => `[${code}](errors.md#${code.toLowerCase()})`).join(", "),
  ]);
  const words = [
    "REST on the controller. The schemas of bodies and replies are served as OpenAPI at `/openapi.json`.",
    "",
    "Access: `open` everybody; `view` also view tokens of that session; `user` API keys and signed-in people; `admin` the first key, and root on this machine's socket.",
    "Send `Authorization: Bearer bvm_…` or `X-API-Key`. `Idempotency-Key` makes a POST repeatable. Event streams (SSE) resume by `Last-Event-ID`.",
    "Besides the codes that are named, every route may answer BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED and INTERNAL.",
  ].join("\n");
  const table = markdownTable(["Route", "What", "Access", "Success", "Errors"], rows);
  return `${head("API", "packages/contract/src/api/routes.ts", words)}\n${table}\n`;
}
