export { LiveView, type LiveViewProps } from "./react/live-view.tsx";
export { useLiveScreen, useScreenState } from "./react/use-live-screen.ts";
