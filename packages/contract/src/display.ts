/** The screen of a VM for which nobody wants another one, in pixels; golden snapshots are frozen with it. */
export const DEFAULT_DISPLAY = { width: 1280, height: 720 } as const;

/**
 * Characters beside those of a US keyboard that a VM's keyboard has from the start, so that typing them changes no keymap.
 * Others are put on its few free keys when they are typed: some twenty of them, and a browser misses the first of each.
 */
export const EXTRA_CHARACTERS =
  "àÀáÁâÂãÃäÄåÅæÆçÇèÈéÉêÊëËìÌíÍîÎïÏðÐñÑòÒóÓôÔõÕöÖøØùÙúÚûÛüÜýÝþÞßÿœŒ€§°£µ¿¡«»²³´¨·¤¥„“”‘’–—…łŁąĄęĘ";
