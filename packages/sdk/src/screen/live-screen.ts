import { LiveViewer } from "../viewer/live-viewer.ts";
import type { ViewerState } from "../viewer/viewer-state.ts";
import type { DropReason } from "./drop-reason.ts";
import { type ImagePaste, ImagePaster } from "./image-paster.ts";
import { ScreenZoom } from "./screen-zoom.ts";
import { VncConnection, type VncPhase } from "./vnc-connection.ts";
import { UNZOOMED, type Zoom } from "./zoom.ts";

export interface LiveScreenSpec {
  /** Of the route `sessionLive`, as a WebSocket's address. */
  readonly liveUrl: string;
  /** Of the route `sessionVnc`, as a WebSocket's address, with the same viewer. */
  readonly displayUrl: string;
  /** The VM has no KVM: `auto` then stays at VNC. */
  readonly isEmulated?: boolean;
  /** The picture is lost, and why. It comes back by itself, unless the reason says otherwise. */
  readonly onLost?: (reason: DropReason) => void;
  /** Text was copied in the VM. */
  readonly onCopied?: (text: string) => void;
  /** The session's clipboard takes nothing. */
  readonly isClosed?: boolean;
  /** Puts an image on the VM's clipboard. Left out, images of the reader's clipboard are not looked at. */
  readonly giveImage?: (png: Blob) => Promise<void>;
  /** What the screen showed last, before that goes. */
  readonly onPictureGoes?: (picture: HTMLCanvasElement | HTMLVideoElement) => void;
}

/** What a page shows of a screen. Each change is a new object. */
export interface LiveScreenState {
  /** Of the display's own connection, over which keys and pointer go. */
  readonly display: VncPhase;
  readonly video: ViewerState;
  /** What was last copied in the VM. */
  readonly copied: string;
  /** The last image of the reader's that was pasted. */
  readonly image: ImagePaste | null;
  /** By the reader's fingers, on this screen only. */
  readonly zoom: Zoom;
}

/** Elements in each other: `root` has the size that the page gives it, `pane` in it holds `display` and `layer`. */
export interface ScreenParts {
  readonly root: HTMLElement;
  readonly pane: HTMLElement;
  /** In which noVNC puts its canvas. */
  readonly display: HTMLElement;
  /** Over it: in which video is painted. */
  readonly layer: HTMLElement;
}

const FILLING = { position: "absolute", inset: "0" };

/** One session's live view in a page: the display with its input by noVNC, and video over it where that goes. */
export class LiveScreen {
  readonly viewer: LiveViewer;
  readonly #spec: LiveScreenSpec;
  readonly #listeners = new Set<() => void>();
  #state: LiveScreenState;
  #connection: VncConnection | null = null;
  #zoom: ScreenZoom | null = null;
  #unmount: (() => void) | null = null;
  readonly #images: ImagePaster | undefined;
  #isViewOnly = false;
  #takesFocus = true;

  constructor(spec: LiveScreenSpec) {
    this.#spec = spec;
    const { giveImage: give } = spec;
    this.#images = give && new ImagePaster({ give, tell: (image) => this.#patch({ image }) });
    this.viewer = new LiveViewer({ url: spec.liveUrl, isEmulated: spec.isEmulated ?? false });
    this.#state = {
      display: { is: "connecting", reason: null },
      video: this.viewer.state,
      copied: "",
      image: null,
      zoom: UNZOOMED,
    };
    this.viewer.subscribe(() => this.#patch({ video: this.viewer.state }));
  }

  get state(): LiveScreenState {
    return this.#state;
  }

  /** Calls back after each change of `state`. Answers how to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and shows the picture in these. Answers how to undo it. */
  mount(parts: ScreenParts): () => void {
    this.#unmount?.();
    dress(parts);
    const unmountVideo = this.viewer.mount(parts.layer, parts.display);
    const zoom = new ScreenZoom(parts.root, parts.pane, (now) => this.#patch({ zoom: now }));
    const connection = this.#connect(parts.display);
    const unmount = () => {
      if (this.#unmount !== unmount) return;
      this.#unmount = null;
      this.#connection = null;
      this.#zoom = null;
      this.#tellPicture(parts.display);
      connection.close();
      zoom.close();
      unmountVideo();
    };
    this.#zoom = zoom;
    this.#connection = connection;
    this.#unmount = unmount;
    return unmount;
  }

  /** While it is on, no key, click or text is sent. */
  setViewOnly(isOn: boolean): void {
    this.#isViewOnly = isOn;
    this.#connection?.watch(isOn);
  }

  /** Whether a click or a tap gives the display the keyboard; it does at first. */
  setTakesFocus(isOn: boolean): void {
    this.#takesFocus = isOn;
    if (this.#connection) this.#connection.focusOnClick = isOn;
  }

  /** Gives the display the keyboard. */
  focus(): void {
    this.#connection?.focus();
  }

  retryNow(): void {
    this.#connection?.retryNow();
  }

  /** Puts a text on the VM's clipboard. CLIPBOARD_TOO_LARGE. */
  paste(text: string): void {
    this.#connection?.paste(text);
  }

  /** Puts an image on the VM's clipboard; the state tells how that goes. */
  async pasteImage(image: Blob): Promise<void> {
    await this.#images?.give(image, true);
  }

  /** Types a text key by key. CLIPBOARD_TOO_LARGE. */
  type(text: string): void {
    this.#connection?.type(text);
  }

  /** One key, by its X11 keysym, down or up. */
  press(keysym: number, isDown: boolean): void {
    this.#connection?.press(keysym, isDown);
  }

  /** Shows the whole picture again. */
  zoomOut(): void {
    this.#zoom?.reset();
  }

  close(): void {
    this.#unmount?.();
    this.viewer.close();
    this.#listeners.clear();
  }

  #connect(display: HTMLElement): VncConnection {
    const connection = new VncConnection({
      target: display,
      url: this.#spec.displayUrl,
      wrap: (socket) => this.viewer.wrap(socket),
      onPhase: (phase) => {
        this.#patch({ display: phase });
        if (phase.is !== "waiting" && phase.is !== "over") return;
        this.#tellPicture(display);
        this.#spec.onLost?.(phase.reason);
      },
      isClosed: this.#spec.isClosed,
      images: this.#images,
      onClipboard: (text) => {
        this.#images?.vmCopied();
        this.#patch({ copied: text });
        this.#spec.onCopied?.(text);
      },
    });
    connection.watch(this.#isViewOnly);
    connection.focusOnClick = this.#takesFocus;
    return connection;
  }

  #tellPicture(display: HTMLElement): void {
    const picture = this.viewer.picture ?? display.querySelector("canvas");
    if (picture) this.#spec.onPictureGoes?.(picture);
  }

  #patch(part: Partial<LiveScreenState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }
}

/** By script and not by a style sheet or an attribute, which a page's policy may refuse. */
function dress({ root, pane, display, layer }: ScreenParts): void {
  Object.assign(root.style, { position: "relative", overflow: "hidden" });
  Object.assign(pane.style, { position: "absolute" });
  Object.assign(display.style, FILLING);
  Object.assign(layer.style, { position: "absolute", overflow: "hidden", pointerEvents: "none" });
}
