export type { DropReason } from "./screen/drop-reason.ts";
export { type ImagePaste, imageOf } from "./screen/image-paster.ts";
export { KEYS, keysymOf } from "./screen/keysyms.ts";
export {
  LiveScreen,
  type LiveScreenSpec,
  type LiveScreenState,
  type ScreenParts,
} from "./screen/live-screen.ts";
export type { VncPhase } from "./screen/vnc-connection.ts";
export { UNZOOMED, type Zoom } from "./screen/zoom.ts";
