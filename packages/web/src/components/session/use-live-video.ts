"use client";
import { BrowserVmError, type Session } from "@browservm/contract";
import { useLiveScreen, useScreenState } from "@browservm/sdk/react";
import type { DropReason, LiveScreen, LiveScreenState } from "@browservm/sdk/screen";
import { useCallback, useState } from "react";
import { client } from "../../lib/client.ts";
import { copyText } from "../../lib/clipboard.ts";
import { keepPicture } from "../../lib/last-frames.ts";
import { socketAddress } from "../../lib/socket-address.ts";
import { tabViewerId } from "../../lib/viewer-id.ts";

/** The picture of one session, for the toolbar, the display and what lies over it. */
export interface LiveVideo {
  /** Null while the session has no display. */
  readonly screen: LiveScreen | null;
  readonly state: LiveScreenState | null;
  readonly isStatsOpen: boolean;
  readonly toggleStats: () => void;
  /** Off by default: a page in the VM could otherwise write the reader's clipboard, or read it. */
  readonly sharesClipboard: boolean;
  readonly shareClipboard: (isShared: boolean) => void;
}

interface LiveVideoSettings {
  readonly session: Session;
  readonly hasDisplay: boolean;
  /** Called when the picture is lost, so that the page can look why. */
  readonly onLost: (reason: DropReason) => void;
}

/** The screen for the life of a component, made anew for another session. */
export function useLiveVideo(settings: LiveVideoSettings): LiveVideo {
  const { session, hasDisplay, onLost } = settings;
  const { id, vm, clipboard } = session;
  const [sharesClipboard, shareClipboard] = useState(false);
  const screen = useLiveScreen(
    hasDisplay
      ? {
          liveUrl: socketAddress(client.sessions.livePath(id, tabViewerId())),
          displayUrl: socketAddress(client.sessions.vncPath(id, tabViewerId())),
          isEmulated: vm?.accelerator === "tcg",
          isClosed: !clipboard.toGuest,
          onLost,
          onCopied: (text) => {
            if (sharesClipboard) void copyText(text);
          },
          giveImage: async (png) => {
            if (!clipboard.toGuest)
              throw new BrowserVmError("CLIPBOARD_CLOSED", "Nothing may be put on this session’s clipboard.");
            await client.sessions.putClipboardImage(id, png);
          },
          // a paused session shows what was seen last
          onPictureGoes: (picture) => keepPicture(id, picture),
        }
      : null,
  );
  const [isStatsOpen, setStatsOpen] = useState(false);
  const toggleStats = useCallback(() => setStatsOpen((isOpen) => !isOpen), []);
  const state = useScreenState(screen);
  return { screen, state, isStatsOpen, toggleStats, sharesClipboard, shareClipboard };
}
