export { KeyboardInput, type KeyboardInputSpec } from "./viewer/keyboard/keyboard-input.ts";
export type { KeyAction } from "./viewer/keyboard/key-translator.ts";
export { TextPaster } from "./viewer/keyboard/text-paster.ts";
export type { VideoRung, Wish } from "./viewer/ladder.ts";
export { LiveViewer, type LiveViewerSpec, type Quality } from "./viewer/live-viewer.ts";
export type { SqueezedChannel } from "./viewer/squeezed-channel.ts";
export type { ViewerState } from "./viewer/viewer-state.ts";
