"use client";
import type { BrowserVmError, ControlRequest, SessionId, Viewer, ViewerId } from "@browservm/contract";
import { useEffect, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { controlNews, isWatching } from "../../lib/control-view.ts";
import type { SessionLook } from "../../lib/live-sources.ts";
import { tabViewerId } from "../../lib/viewer-id.ts";

/** Who looks at a session, who has the control, and what can be done about it. */
export interface Sharing {
  readonly id: SessionId;
  /** The first comer first; null while it is not known. */
  readonly viewers: readonly Viewer[] | null;
  readonly error: BrowserVmError | null;
  readonly mine: ViewerId;
  /** Signed in to the whole page: may let others in, send them away, and take the control. */
  readonly isOperator: boolean;
  /** Somebody else has the control. */
  readonly isWatching: boolean;
  readonly control: (request: ControlRequest) => Promise<void>;
  readonly sendAway: (viewer: ViewerId) => Promise<void>;
  readonly refresh: () => void;
}

interface SharingInput {
  readonly look: SessionLook;
  readonly isOperator: boolean;
  readonly onChanged: () => void;
  /** That the control came, went, or was refused, as a sentence. */
  readonly onNews: (words: string) => void;
}

/** The page's view of who is here, fed by the session's own live look. */
export function useSharing({ look, isOperator, onChanged, onNews }: SharingInput): Sharing {
  const { viewers, viewersError, session } = look;
  const [mine] = useState(tabViewerId);
  const before = useRef(viewers);
  useEffect(() => {
    const news = controlNews(before.current, viewers, mine);
    before.current = viewers;
    if (news !== null) onNews(news);
  }, [viewers, mine, onNews]);
  return {
    id: session.id,
    viewers,
    error: viewersError,
    mine,
    isOperator,
    isWatching: isWatching(viewers, mine),
    control: async (request) => {
      await client.sessions.control(session.id, request).finally(onChanged);
      // who lets go, or asks no more, needs not be told so
      if (request.action === "release") before.current = null;
    },
    sendAway: async (viewer) => {
      await client.sessions.removeViewer(session.id, viewer).finally(onChanged);
    },
    refresh: onChanged,
  };
}
