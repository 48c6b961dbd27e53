"use client";
import { type RefObject, useEffect, useState } from "react";

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") === true;

/**
 * Whether files are held over an element; those that are let go there are told. Where nobody may drop anything, the
 * browser is still kept from leaving the page to show the file.
 */
export function useDropZone(
  target: RefObject<HTMLElement | null>,
  onFiles: ((files: readonly File[]) => void) | null,
): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    const listening = new AbortController();
    const on = (type: "dragenter" | "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void) =>
      element.addEventListener(
        type,
        (event) => {
          if (!hasFiles(event)) return;
          event.preventDefault();
          act(event);
        },
        listening,
      );
    const hold = ({ dataTransfer }: DragEvent) => {
      if (dataTransfer) dataTransfer.dropEffect = onFiles ? "copy" : "none";
      setOver(onFiles !== null);
    };
    on("dragenter", hold);
    on("dragover", hold);
    on("dragleave", ({ relatedTarget }) => {
      // from one part of it to another is no leaving
      if (!(relatedTarget instanceof Node && element.contains(relatedTarget))) setOver(false);
    });
    on("drop", ({ dataTransfer }) => {
      setOver(false);
      const files = filesOf(dataTransfer);
      if (files.length > 0) onFiles?.(files);
    });
    return () => {
      listening.abort();
      setOver(false);
    };
  }, [target, onFiles]);
  return isOver;
}

/** Plain files only: a directory comes as an entry without content. */
function filesOf(transfer: DataTransfer | null): readonly File[] {
  return Array.from(transfer?.items ?? []).flatMap((item) => {
    if (item.kind !== "file" || item.webkitGetAsEntry()?.isDirectory === true) return [];
    const file = item.getAsFile();
    return file ? [file] : [];
  });
}
