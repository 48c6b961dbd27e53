/** The screen of a VM for which nobody wants another one, in pixels; golden snapshots are frozen with it. */
export const DEFAULT_DISPLAY = { width: 1280, height: 720 } as const;
