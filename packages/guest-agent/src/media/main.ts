import * as z from "zod";
import { loadEngine } from "./load-engine.ts";
import { MediaServer } from "./media-server.ts";

z.config({ jitless: true });

const [, , socket = "", displaySocket = "", soundSocket = ""] = process.argv;
const engine = await loadEngine({ displaySocket, soundSocket });
await MediaServer.listen(engine, socket);
// The agent holds the other end and never writes: when it is gone, or wants us gone, this ends.
process.stdin.on("end", () => process.exit(0)).resume();
process.stdout.write("listening\n");
