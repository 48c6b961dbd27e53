import { apiRoutes, LogLine } from "@browservm/contract";
import type { Asked } from "./mock-api.ts";

/** A log of which nothing is known but its name; it goes on until its reader leaves. */
export function writeLogs({ query, response, request }: Asked): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const source = apiRoutes.sessionLogs.query.parse(query).source;
  let count = 0;
  const write = () => {
    count += 1;
    response.write(
      `${JSON.stringify(LogLine.parse({ source, line: `${source} line ${count}: all is well` }))}\n`,
    );
  };
  for (let line = 0; line < 40; line += 1) write();
  const timer = setInterval(write, 300);
  request.on("close", () => clearInterval(timer));
}
