export { Audit, type AuditOptions } from "./audit.ts";
export { BrowserVM, type BrowserVMOptions, type DoctorTarget } from "./browser-vm.ts";
export { type ConnectionListOptions, Connections, type CreateConnectionOptions } from "./connections.ts";
export type { ExecEvent } from "./exec-event.ts";
export { StorageState, TokenAnswer, tokensOf } from "./given-credentials.ts";
export { Invitations } from "./invitations.ts";
export { Keys } from "./keys.ts";
export { People } from "./people.ts";
export { type PoolOptions, Pools } from "./pools.ts";
export { type ProfileListOptions, Profiles, type SaveProfileOptions } from "./profiles.ts";
export { type FileDownload, SessionFiles, type WriteOptions } from "./session-files.ts";
export { SessionHandle, type WaitOptions } from "./session-handle.ts";
export {
  type ControlOptions,
  type CreateOptions,
  type EgressOptions,
  type EventOptions,
  type ExecOptions,
  type ForkOptions,
  type ListOptions,
  type LogOptions,
  Sessions,
  type ViewTokenOptions,
} from "./sessions.ts";
export { type CreateSigninOptions, type SigninListOptions, Signins } from "./signins.ts";
export { type SnapshotOptions, Snapshots } from "./snapshots.ts";
export type { Fetch } from "./transport/fetch.ts";
export { pause } from "./transport/pause.ts";
export { readNdjson } from "./transport/read-ndjson.ts";
export { type EventStreamOptions, resumableEvents } from "./transport/resumable-events.ts";
export {
  type BytesInput,
  type CallOptions,
  RouteClient,
  type RouteClientOptions,
  type RouteInput,
} from "./transport/route-client.ts";
export { VaultDesk } from "./vault.ts";
