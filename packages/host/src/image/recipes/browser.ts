import { GUEST_PATHS } from "@browservm/contract";
import { guestFile } from "./guest-file.ts";
import { npmPackage } from "./node-runtimes.ts";
import type { Recipe } from "./recipe.ts";
import { tiny } from "./tiny.ts";

/**
 * Chromium on a TigerVNC display with a window manager, fonts for the world's scripts, the live view's encoders, and npm
 * for tools that sign in.
 */
export const browser: Recipe = {
  ...tiny,
  name: "browser",
  summary: "Chromium on a display of its own",
  hasBrowser: true,
  npm: npmPackage,
  packages: [
    ...tiny.packages,
    "dbus",
    "fonts-dejavu-core",
    "fonts-liberation",
    "fonts-noto-color-emoji",
    "fonts-wqy-microhei",
    "gstreamer1.0-nice",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-tools",
    "gstreamer1.0-x",
    "matchbox-window-manager",
    "pulseaudio",
    "socat",
    "tigervnc-common",
    "tigervnc-standalone-server",
    "x11-utils",
    "x11-xserver-utils",
    "xauth",
    "xclip",
    "xdotool",
  ],
  files: [
    ...tiny.files,
    {
      path: "/etc/chromium/policies/managed/browservm.json",
      mode: 0o644,
      content: guestFile("chromium-policies.json"),
    },
    {
      path: "/etc/chromium/master_preferences",
      mode: 0o644,
      content: guestFile("chromium-preferences.json"),
    },
    { path: "/etc/chromium.d/browservm", mode: 0o644, content: guestFile("chromium-flags") },
    // Debian's own ask for a GPU that no VM has.
    { path: "/etc/chromium.d/default-flags", mode: 0o644, content: "" },
    { path: GUEST_PATHS.startPage, mode: 0o644, content: guestFile("start.html") },
    {
      path: "/etc/profile.d/browservm-gstreamer.sh",
      mode: 0o644,
      content: `export GST_REGISTRY=${GUEST_PATHS.gstRegistry} GST_REGISTRY_UPDATE=no\n`,
    },
  ],
  enable: [...tiny.enable, { unit: "dbus.socket", wantedBy: "sockets.target" }],
  prepare: [
    ["mkdir", "-p", "/var/cache/browservm"],
    ["env", `GST_REGISTRY=${GUEST_PATHS.gstRegistry}`, "gst-inspect-1.0", "ximagesrc"],
    ["fc-cache", "--system-only"],
  ],
  defaults: { vcpus: 2, memoryMib: 2048, diskMib: 4096 },
  buildMib: 6000,
};
