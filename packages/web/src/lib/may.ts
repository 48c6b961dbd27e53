import type { Me, Scope } from "@browservm/contract";

/** Whether who looks at this page may do something; nobody may before the API has said who it is. */
export const may = (me: Me | null, scope: Scope): boolean => me?.scopes.includes(scope) ?? false;
