"use client";
import type { ImagePaste } from "@browservm/sdk/screen";
import { useEffect, useState } from "react";
import css from "./image-note.module.css";

const GOOD_MS = 2500;
const BAD_MS = 12_000;

/** What became of an image that the reader pasted: said over the display, for a while. */
export function ImageNote({ paste }: { paste: ImagePaste | null }) {
  const [isOver, setOver] = useState<ImagePaste | null>(null);
  useEffect(() => {
    if (paste === null || paste.is === "going") return;
    const timer = setTimeout(() => setOver(paste), paste.is === "there" ? GOOD_MS : BAD_MS);
    return () => clearTimeout(timer);
  }, [paste]);
  const isSeen = paste !== null && paste !== isOver;
  return (
    <p className={css.note} role="status" data-is={paste?.is} hidden={!isSeen}>
      {isSeen ? imageWords(paste) : ""}
    </p>
  );
}

/** The same as a sentence. */
function imageWords(paste: ImagePaste): string {
  if (paste.is === "going") return "The image is on its way to the VM’s clipboard…";
  if (paste.is === "there") return "The image is on the VM’s clipboard.";
  return `The image was not pasted: ${paste.error.message} (${paste.error.code})`;
}
