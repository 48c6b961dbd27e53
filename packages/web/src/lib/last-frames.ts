import type { SessionId } from "@browservm/contract";

const MOST = 40;

/** The last picture of each display that this page saw, for as long as the page lives: a paused session shows it. */
const frames = new Map<SessionId, string>();
const listeners = new Set<() => void>();

/** Takes over the address of a picture; a blob's is revoked when another picture takes its place. */
export function keepFrame(id: SessionId, url: string): void {
  forget(id);
  frames.set(id, url);
  const [oldest] = frames.keys();
  if (frames.size > MOST && oldest !== undefined) forget(oldest);
  for (const listener of listeners) listener();
}

export const lastFrame = (id: SessionId): string | undefined => frames.get(id);

/** Calls back whenever a picture was kept, until the returned function is called. */
export function onFrame(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Keeps what a display shows now, by noVNC or by video. */
export function keepPicture(id: SessionId, picture: HTMLCanvasElement | HTMLVideoElement): void {
  const canvas = picture instanceof HTMLVideoElement ? frameOf(picture) : picture;
  // a display that never painted is not worth keeping
  if (canvas.width < 2) return;
  keepFrame(id, canvas.toDataURL("image/jpeg", 0.6));
}

function frameOf(video: HTMLVideoElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas;
}

function forget(id: SessionId): void {
  const url = frames.get(id);
  if (url?.startsWith("blob:")) URL.revokeObjectURL(url);
  frames.delete(id);
}
