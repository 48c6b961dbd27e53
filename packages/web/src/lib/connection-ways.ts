import type { Connection } from "@browservm/contract";

/** One way to use a connection: a line for a shell. */
export interface Way {
  readonly what: string;
  readonly line: string;
}

/** How what is stored is handed to programs. No line holds a secret: keys are read from the environment. */
export function waysToUse({ id, kind }: Connection, origin: string): readonly Way[] {
  if (kind === "oauth")
    return [
      { what: "A fresh access token, in a terminal", line: `browservm connection token ${id}` },
      {
        what: "The same from a program",
        line: `curl -X POST -H "authorization: Bearer $BVM_API_KEY" ${origin}/v1/connections/${id}/token`,
      },
      {
        what: "As a variable of one command in a session",
        line: `browservm exec --connection TOKEN=${id} SESSION -- COMMAND`,
      },
    ];
  if (kind === "files")
    return [
      { what: "Its files, into the home in a session", line: `browservm connection use ${id} SESSION` },
    ];
  return [{ what: "What is known of it", line: `browservm connection show ${id}` }];
}
