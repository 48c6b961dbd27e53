/** One picture of a display; `rgba` holds width × height × 4 bytes, alpha 255. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}
