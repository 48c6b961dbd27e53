import { runDaemon } from "@browservm/daemon";
import { makeLogger } from "./log.ts";
import { startGateway } from "./start-gateway.ts";

/** Composition root of the gateway process. */
if (import.meta.main)
  await runDaemon({
    name: "the gateway",
    farewell: "viewers go on by VNC",
    makeLogger,
    start: (config, log) => {
      // A viewer's packet that the library of WebRTC stumbles over is no reason to end everybody's picture.
      process.on("uncaughtException", (error) => log.error({ err: error }, "something was not caught"));
      return startGateway({ config, log });
    },
  });
