"use client";
import { type ClipboardPolicy, toBrowserVmError } from "@browservm/contract";
import { imageOf } from "@browservm/sdk/screen";
import { ClipboardPaste, Keyboard } from "lucide-react";
import { type ClipboardEvent, useState } from "react";
import { Button } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import css from "./clipboard-panel.module.css";
import type { LiveVideo } from "./use-live-video.ts";

interface Told {
  readonly words: string;
  readonly isBad: boolean;
}

const NOTHING: Told = { words: "", isBad: false };
const CLOSED = {
  toGuest: "This session’s clipboard takes nothing from outside. Typing goes on.",
  fromGuest: "What is copied in this session stays in the VM: its clipboard is closed in this direction.",
};

interface ClipboardPanelProps {
  readonly video: LiveVideo;
  readonly policy: ClipboardPolicy;
  /** Somebody else has the control, and with it this way into the VM. */
  readonly isWatching: boolean;
}

/** Text both ways between the reader's machine and the VM, and images into it; says which way is closed. */
export function ClipboardPanel({ video, policy, isWatching }: ClipboardPanelProps) {
  const { screen, sharesClipboard, shareClipboard } = video;
  const copied = video.state?.copied ?? "";
  const [text, setText] = useState("");
  const [told, setTold] = useState<Told>(NOTHING);
  const isStill = text === "" || isWatching;
  const attempt = (act: () => void, words: string) => {
    try {
      act();
      setTold({ words, isBad: false });
    } catch (error) {
      const { message, code } = toBrowserVmError(error);
      setTold({ words: `Not done: ${message} (${code})`, isBad: true });
    }
  };
  const give = () =>
    attempt(() => screen?.paste(text), "It is on the VM's clipboard. Paste it there with Ctrl+V.");
  const type = () => attempt(() => screen?.type(text), "Typed.");
  const onPaste = (event: ClipboardEvent) => {
    const image = isWatching ? undefined : imageOf(event.clipboardData);
    if (!image) return;
    event.preventDefault();
    // the display says how it goes
    void screen?.pasteImage(image);
  };
  return (
    <section className={css.panel} aria-label="Clipboard">
      <label>
        To the VM
        <textarea
          value={text}
          rows={3}
          placeholder={policy.toGuest ? "Type or paste text here, or paste an image" : "Type text here"}
          onPaste={onPaste}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <div className={css.actions}>
        <Button
          look="primary"
          icon={<ClipboardPaste size={15} />}
          disabled={isStill || !policy.toGuest}
          onClick={give}
        >
          Put on its clipboard
        </Button>
        <Button icon={<Keyboard size={15} />} disabled={isStill} onClick={type}>
          Type it
        </Button>
      </div>
      {policy.toGuest ? null : <p className={css.still}>{CLOSED.toGuest}</p>}
      {isWatching ? <p className={css.still}>Only who has the control can send text to the VM.</p> : null}
      <p className={css.told} role="status" data-bad={told.isBad}>
        {told.words}
      </p>
      {policy.fromGuest ? (
        <>
          <label>
            From the VM
            <textarea value={copied} rows={3} readOnly placeholder="What you copy in the VM appears here" />
          </label>
          <CopyButton text={copied} what="text" />
        </>
      ) : (
        <p className={css.still}>{CLOSED.fromGuest}</p>
      )}
      {policy.toGuest || policy.fromGuest ? (
        <label className={css.share}>
          <input
            type="checkbox"
            checked={sharesClipboard}
            onChange={(event) => shareClipboard(event.target.checked)}
          />
          <span>
            Share both clipboards by themselves
            <small>Pages in the VM can then read what you copy, and replace it.</small>
          </span>
        </label>
      ) : null}
    </section>
  );
}
