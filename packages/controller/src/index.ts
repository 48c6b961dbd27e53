export { HostClient, type HostClientOptions } from "./host/host-client.ts";
export { makeLogger } from "./log.ts";
export { type Controller, type ControllerOptions, startController } from "./start-controller.ts";
