export { listenPrivately, refuseIfAnswered } from "./listen-privately.ts";
export { type HostStreamSpec, openHostStream } from "./open-host-stream.ts";
export { readSettings } from "./read-settings.ts";
export { type BodyDeadline, type RequestBody, requestBody } from "./request-body.ts";
export { type DaemonSpec, runDaemon } from "./run-daemon.ts";
