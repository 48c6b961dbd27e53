interface LockableKeyboard {
  lock(): Promise<void>;
}

/**
 * Fills the screen with an element. Where the browser allows it (Chromium, on HTTPS and localhost) keys that it or the
 * desktop would take for themselves then come to the page; Escape leaves when it is held.
 */
export async function enterFullScreen(element: HTMLElement): Promise<void> {
  await element.requestFullscreen();
  if (!("keyboard" in navigator)) return;
  // not for all keyboards, and never a reason to leave full screen
  await (navigator.keyboard as LockableKeyboard).lock().catch(() => {});
}

/** Leaves it; the browser then takes its keys back by itself. */
export const leaveFullScreen = (): Promise<void> => document.exitFullscreen();
