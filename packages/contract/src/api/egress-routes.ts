import { z } from "zod";
import { route } from "../define-route.ts";
import { SetEgress } from "../egress/policy.ts";
import { EgressReport } from "../egress/report.ts";
import { PROXY_CODES, VAULT_SHUT_CODES } from "../egress-errors.ts";
import { SessionId } from "../ids.ts";

const Params = z.object({ id: SessionId });

/** Where sessions may go. */
export const egressRoutes = {
  sessionEgress: route({
    method: "GET",
    path: "/v1/sessions/:id/egress",
    summary:
      "Where the session may go, what its DNS was asked last, and what was refused; of one that is over, where it might go",
    access: "sessions:read",
    params: Params,
    reply: EgressReport,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "HOST_UNREACHABLE"],
  }),
  setSessionEgress: route({
    method: "PATCH",
    path: "/v1/sessions/:id/egress",
    summary: "Set where the session may go; answers when it is in force, and what it denies is cut",
    access: "sessions:write",
    params: Params,
    body: SetEgress,
    reply: EgressReport,
    errors: [
      "SESSION_NOT_FOUND",
      "SESSION_NOT_READY",
      "HOST_UNREACHABLE",
      "FIREWALL_REFUSED",
      ...PROXY_CODES,
      ...VAULT_SHUT_CODES,
    ],
  }),
} as const;
