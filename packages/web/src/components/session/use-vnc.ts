"use client";
import type { SessionId } from "@browservm/contract";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { copyText, readAllowedClipboard } from "../../lib/clipboard.ts";
import type { DropReason } from "../../lib/drop-reason.ts";
import { keepPicture } from "../../lib/last-frames.ts";
import { socketAddress } from "../../lib/socket-address.ts";
import { tabViewerId } from "../../lib/viewer-id.ts";
import { VncConnection, type VncPhase } from "../../lib/vnc-connection.ts";
import type { LiveVideo } from "./use-live-video.ts";

export interface Vnc {
  readonly phase: VncPhase;
  /** What was last copied in the VM. */
  readonly copied: string;
  readonly focus: () => void;
  readonly retryNow: () => void;
  readonly paste: (text: string) => void;
  readonly type: (text: string) => void;
}

export interface VncSettings {
  readonly id: SessionId;
  readonly stage: RefObject<HTMLElement | null>;
  readonly video: LiveVideo;
  /** Off by default: a page in the VM could otherwise write the reader's clipboard, or read it. */
  readonly sharesClipboard: boolean;
  /** Somebody else has the control: the picture stays, and nothing of ours is sent. */
  readonly isWatching: boolean;
  /** Called when the picture is lost, so that the page can look why. */
  readonly onDrop: (reason: DropReason) => void;
}

/** The live view's connection for the life of a component. */
export function useVnc({ id, stage, video, sharesClipboard, isWatching, onDrop }: VncSettings): Vnc {
  const connection = useRef<VncConnection | null>(null);
  const { viewer } = video;
  const watches = useRef(isWatching);
  watches.current = isWatching;
  const shares = useRef(sharesClipboard);
  shares.current = sharesClipboard;
  const [phase, setPhase] = useState<VncPhase>({ is: "connecting", reason: null });
  const [copied, setCopied] = useState("");
  useEffect(() => {
    const target = stage.current;
    if (target === null) return;
    // before noVNC takes its canvas away: a paused session shows what was seen last
    const keep = () => {
      const picture = viewer.current?.picture ?? target.querySelector("canvas");
      if (picture) keepPicture(id, picture);
    };
    const made = new VncConnection({
      target,
      url: displayAddress(id),
      wrap: (socket) => viewer.current?.wrap(socket) ?? socket,
      onPhase: (next) => {
        setPhase(next);
        if (next.is !== "waiting" && next.is !== "over") return;
        keep();
        onDrop(next.reason);
      },
      onClipboard: (text) => {
        setCopied(text);
        if (shares.current) void copyText(text);
      },
    });
    made.watch(watches.current);
    connection.current = made;
    return () => {
      connection.current = null;
      keep();
      made.close();
    };
  }, [id, stage, viewer, onDrop]);
  useEffect(() => connection.current?.watch(isWatching), [isWatching]);
  useSharedClipboard(stage, sharesClipboard, connection);
  return {
    phase,
    copied,
    focus: useCallback(() => connection.current?.focus(), []),
    retryNow: useCallback(() => connection.current?.retryNow(), []),
    paste: useCallback((text: string) => connection.current?.paste(text), []),
    type: useCallback((text: string) => connection.current?.type(text), []),
  };
}

/** Gives the VM the reader's clipboard whenever they turn to it, if both have allowed it. */
function useSharedClipboard(
  stage: RefObject<HTMLElement | null>,
  isOn: boolean,
  connection: RefObject<VncConnection | null>,
): void {
  useEffect(() => {
    const element = stage.current;
    if (!isOn || element === null) return;
    let last = "";
    const give = async () => {
      const text = await readAllowedClipboard();
      if (text === null || text === "" || text === last) return;
      last = text;
      connection.current?.paste(text);
    };
    const onFocus = () => void give();
    element.addEventListener("focusin", onFocus);
    return () => element.removeEventListener("focusin", onFocus);
  }, [stage, isOn, connection]);
}

const displayAddress = (id: SessionId): string => socketAddress(client.sessions.vncPath(id, tabViewerId()));
