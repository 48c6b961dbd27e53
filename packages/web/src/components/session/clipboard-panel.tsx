"use client";
import { ClipboardPaste, Keyboard } from "lucide-react";
import { useState } from "react";
import { Button } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import css from "./clipboard-panel.module.css";
import type { LiveVideo } from "./use-live-video.ts";

interface ClipboardPanelProps {
  readonly video: LiveVideo;
  /** Somebody else has the control, and with it this way into the VM. */
  readonly isWatching: boolean;
}

/** Text both ways between the reader's machine and the VM. */
export function ClipboardPanel({ video, isWatching }: ClipboardPanelProps) {
  const { screen, sharesClipboard, shareClipboard } = video;
  const copied = video.state?.copied ?? "";
  const [text, setText] = useState("");
  const [told, setTold] = useState("");
  const isStill = text === "" || isWatching;
  const give = () => {
    screen?.paste(text);
    setTold("It is on the VM's clipboard. Paste it there with Ctrl+V.");
  };
  const type = () => {
    screen?.type(text);
    setTold("Typed.");
  };
  return (
    <section className={css.panel} aria-label="Clipboard">
      <label>
        To the VM
        <textarea
          value={text}
          rows={3}
          placeholder="Type or paste text here"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <div className={css.actions}>
        <Button look="primary" icon={<ClipboardPaste size={15} />} disabled={isStill} onClick={give}>
          Put on its clipboard
        </Button>
        <Button icon={<Keyboard size={15} />} disabled={isStill} onClick={type}>
          Type it
        </Button>
      </div>
      {isWatching ? <p className={css.still}>Only who has the control can send text to the VM.</p> : null}
      <p className={css.told} role="status">
        {told}
      </p>
      <label>
        From the VM
        <textarea value={copied} rows={3} readOnly placeholder="What you copy in the VM appears here" />
      </label>
      <CopyButton text={copied} what="text" />
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
    </section>
  );
}
