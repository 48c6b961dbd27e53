/**
 * Runs in a page before anything of it, as text, for it is the page's: keeps its connections of WebRTC, counts what video
 * paints, and tells when its connection to the gateway was opened and the first picture was there.
 */
export const WATCH = `
  globalThis.peers = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...spec) { super(...spec); peers.push(this); }
  };
  globalThis.liveOpenedAt = null;
  globalThis.paintedAt = null;
  globalThis.WebSocket = class extends WebSocket {
    constructor(url, ...more) {
      super(url, ...more);
      if (/[/]live([?]|$)/.test(url)) this.addEventListener("open", () => { liveOpenedAt = performance.now(); paintedAt = null; });
    }
  };
  globalThis.drawn = 0;
  globalThis.shown = 0;
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (from, ...where) {
    if (globalThis.VideoFrame && from instanceof VideoFrame) {
      drawn += 1;
      paintedAt ??= performance.now();
    }
    return drawImage.call(this, from, ...where);
  };
  const { requestVideoFrameCallback } = HTMLVideoElement.prototype;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return requestVideoFrameCallback.call(this, (...frame) => { paintedAt ??= performance.now(); shown += 1; callback(...frame); });
  };
  globalThis.videoFrames = () => [...document.querySelectorAll("[data-testid=video] video")]
    .reduce((sum, video) => sum + video.getVideoPlaybackQuality().totalVideoFrames, drawn);
  globalThis.soundOf = async (name) => {
    let sum = 0;
    for (const peer of peers.filter(({ connectionState }) => connectionState === "connected"))
      for (const one of (await peer.getStats()).values())
        if (one.type === "inbound-rtp" && one.kind === "audio") sum += one[name] ?? 0;
    return sum;
  };
`;
