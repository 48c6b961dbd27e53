export interface PageSignalsSpec {
  readonly onHidden: (isHidden: boolean) => void;
  readonly onNetwork: () => void;
}

/** Tells when the tab is hidden or comes back, and when the reader's network is another. Answers how to stop. */
export function watchPage({ onHidden, onNetwork }: PageSignalsSpec): () => void {
  const ends = new AbortController();
  const options = { signal: ends.signal };
  document.addEventListener("visibilitychange", () => onHidden(document.hidden), options);
  addEventListener("online", onNetwork, options);
  const network = "connection" in navigator ? navigator.connection : null;
  if (network instanceof EventTarget) {
    // it also tells of each new guess of the speed
    let before = kindOf(network);
    const look = () => {
      const now = kindOf(network);
      if (now !== before) onNetwork();
      before = now;
    };
    network.addEventListener("change", look, options);
  }
  return () => ends.abort();
}

function kindOf(network: object): string {
  const { type, effectiveType } = network as { type?: unknown; effectiveType?: unknown };
  return `${String(type)}/${String(effectiveType)}`;
}

/** What this browser cannot do at all, and why. */
export function unableRungs(): Map<"webrtc" | "websocket", string> {
  const unable = new Map<"webrtc" | "websocket", string>();
  if (!("RTCPeerConnection" in globalThis)) unable.set("webrtc", "this browser has no WebRTC");
  if (!("VideoDecoder" in globalThis))
    unable.set(
      "websocket",
      isSecureContext
        ? "this browser has no WebCodecs"
        : "video over WebSocket needs HTTPS, or a page at localhost",
    );
  return unable;
}
