/** The part of noVNC 1.7 that the page uses (docs/API.md of that package; it ships no types). */
declare module "@novnc/novnc" {
  export interface RfbEvents {
    connect: CustomEvent<Record<string, never>>;
    disconnect: CustomEvent<{ clean: boolean }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
    clipboard: CustomEvent<{ text: string }>;
    desktopname: CustomEvent<{ name: string }>;
  }

  /** What looks enough like a WebSocket (docs/API.md, "urlOrChannel"). */
  export type RawChannel = Pick<
    WebSocket,
    "binaryType" | "onclose" | "onerror" | "onmessage" | "onopen" | "protocol" | "readyState"
  > & { send(bytes: Uint8Array<ArrayBuffer>): void; close(): void };

  export default class RFB {
    constructor(target: HTMLElement, channel: RawChannel | string, options?: { shared?: boolean });
    scaleViewport: boolean;
    viewOnly: boolean;
    background: string;
    focusOnClick: boolean;
    qualityLevel: number;
    compressionLevel: number;
    showDotCursor: boolean;
    addEventListener<K extends keyof RfbEvents>(type: K, listener: (event: RfbEvents[K]) => void): void;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    blur(): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    clipboardPasteFrom(text: string): void;
  }
}
