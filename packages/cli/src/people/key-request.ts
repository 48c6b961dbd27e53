import { type apiRoutes, type BodyInput, BrowserVmError, Grant } from "@browservm/contract";

export interface KeyOptions {
  readonly scope?: readonly string[];
  readonly admin?: boolean;
  readonly project?: string;
  readonly allProjects?: boolean;
  readonly expires?: number;
}

/** What is asked of the API for the options of `browservm key create`. BAD_REQUEST when they do not fit together. */
export function keyRequest(
  name: string,
  { scope, admin, project, allProjects, expires }: KeyOptions,
): BodyInput<typeof apiRoutes.createApiKey> {
  if (scope && admin) throw misuse("--scope and --admin exclude each other");
  if (project !== undefined && allProjects) throw misuse("--project and --all-projects exclude each other");
  return {
    name,
    ...(scope ? { scopes: scope.map(grant) } : {}),
    ...(admin ? { role: "admin" } : {}),
    ...(allProjects ? { project: null } : {}),
    ...(project === undefined ? {} : { project }),
    ...(expires === undefined ? {} : { ttlSeconds: expires }),
  };
}

function grant(text: string): Grant {
  const parsed = Grant.safeParse(text);
  if (parsed.success) return parsed.data;
  throw misuse(`${text} is no scope; there are ${Grant.options.join(", ")}`);
}

const misuse = (message: string) =>
  new BrowserVmError("BAD_REQUEST", message, { issues: [{ path: "scope", message }] });
