import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";

export interface FakeController extends AsyncDisposable {
  readonly runDir: string;
}

/** Something that answers on the controller's socket of a run directory of its own. */
export async function fakeController(answer: RequestListener): Promise<FakeController> {
  const runDir = mkdtempSync("/tmp/bvm-cli-");
  mkdirSync(join(runDir, "ctl"));
  const server = createServer(answer);
  server.listen(join(runDir, "ctl/controller.sock"));
  await once(server, "listening");
  return {
    runDir,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      rmSync(runDir, { recursive: true, force: true });
    },
  };
}
