export type { VideoRung, Wish } from "./viewer/ladder.ts";
export { LiveViewer, type LiveViewerSpec, type Quality } from "./viewer/live-viewer.ts";
export type { SqueezedChannel } from "./viewer/squeezed-channel.ts";
export type { ViewerState } from "./viewer/viewer-state.ts";
