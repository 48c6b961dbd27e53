// Plays hostd inside its namespace: opens, makes and uses the network as one config says, until its stdin ends.
// node network-process.ts CONFIG_JSON   → one JSON line on stdout when it is ready
import { once } from "node:events";
import { writeSync } from "node:fs";
import { Config } from "@browservm/contract";
import { pino } from "pino";
import { openHostNetwork } from "../../packages/host/src/net/open.ts";
import { slotMigrations } from "../../packages/host/src/net/slots.ts";
import { openDatabase } from "../../packages/host/src/store/database.ts";
import { newVmId } from "./new-vm-id.ts";

const config = Config.parse(JSON.parse(process.argv[2] ?? "{}"));
const { runDir } = config;
const db = openDatabase(`${runDir}/hostd.db`, slotMigrations);
const network = await openHostNetwork({ config, db, log: pino({ level: "silent" }), runDir });
await network.ensure();
const address = network.reserve(newVmId());
await network.plug(address, 200_000);
writeSync(1, `${JSON.stringify({ address, plan: network.plan })}\n`);
process.stdin.resume();
await once(process.stdin, "end");
await network.unplug(address);
await network.dismantle();
await network[Symbol.asyncDispose]();
