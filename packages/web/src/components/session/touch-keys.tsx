"use client";
import type { LiveScreen } from "@browservm/sdk/screen";
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, KeyboardOff } from "lucide-react";
import { type FocusEvent, type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { type Modifier, type SoftKey, SoftKeys } from "../../lib/soft-keys.ts";
import css from "./touch-keys.module.css";
import { useSeenArea } from "./use-seen-area.ts";
import { useSoftField } from "./use-soft-field.ts";

interface TouchKeysProps {
  readonly screen: LiveScreen | null;
  /** Who focuses it in a tap raises the keyboard on the screen. */
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly isAllowed: boolean;
}

const MODIFIER_NAMES: readonly { readonly modifier: Modifier; readonly name: string }[] = [
  { modifier: "control", name: "Ctrl" },
  { modifier: "alt", name: "Alt" },
];

const KEY_FACES: readonly { readonly key: SoftKey; readonly name: string; readonly face: ReactNode }[] = [
  { key: "tab", name: "Tab", face: "Tab" },
  { key: "escape", name: "Escape", face: "Esc" },
  { key: "left", name: "Left", face: <ArrowLeft size={17} /> },
  { key: "up", name: "Up", face: <ArrowUp size={17} /> },
  { key: "down", name: "Down", face: <ArrowDown size={17} /> },
  { key: "right", name: "Right", face: <ArrowRight size={17} /> },
];

/** The device's own keyboard for the VM, with the keys that it lacks in a row above it. */
export function TouchKeys({ screen, field, isAllowed }: TouchKeysProps) {
  const [isOpen, setOpen] = useState(false);
  const [held, setHeld] = useState<ReadonlySet<Modifier>>(new Set());
  const box = useRef<HTMLFieldSetElement>(null);
  const keys = useMemo(
    () => new SoftKeys((keysym, isDown) => screen?.press(keysym, isDown), setHeld),
    [screen],
  );
  useSoftField(field, keys);
  useSeenArea(isOpen);
  useEffect(() => {
    // a tap on the display would put the keyboard away
    screen?.setTakesFocus(!isOpen);
    if (!isOpen) keys.release();
  }, [screen, keys, isOpen]);
  useEffect(() => {
    if (!isAllowed) field.current?.blur();
  }, [field, isAllowed]);
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    if (!(relatedTarget instanceof Node && box.current?.contains(relatedTarget))) setOpen(false);
  };
  return (
    <fieldset
      ref={box}
      aria-label="Typing on the screen"
      className={css.box}
      data-typing={isOpen}
      onFocus={() => setOpen(true)}
      onBlur={onBlur}
    >
      <textarea
        ref={field}
        className={css.field}
        aria-label="Text for the VM"
        tabIndex={-1}
        readOnly={!isAllowed}
        autoCapitalize="none"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        rows={1}
      />
      {isOpen ? <KeyRow keys={keys} held={held} onClose={() => field.current?.blur()} /> : null}
    </fieldset>
  );
}

interface KeyRowProps {
  readonly keys: SoftKeys;
  readonly held: ReadonlySet<Modifier>;
  readonly onClose: () => void;
}

function KeyRow({ keys, held, onClose }: KeyRowProps) {
  return (
    // the field keeps the focus, and with it the keyboard
    <div
      className={css.row}
      role="toolbar"
      aria-label="Keys"
      onPointerDown={(event) => event.preventDefault()}
    >
      {MODIFIER_NAMES.map(({ modifier, name }) => (
        <button
          key={modifier}
          type="button"
          aria-pressed={held.has(modifier)}
          onClick={() => keys.toggle(modifier)}
        >
          {name}
        </button>
      ))}
      {KEY_FACES.map(({ key, name, face }) => (
        <button key={key} type="button" aria-label={name} onClick={() => keys.tap(key)}>
          {face}
        </button>
      ))}
      <button type="button" aria-label="Put the keyboard away" onClick={onClose}>
        <KeyboardOff size={17} />
      </button>
    </div>
  );
}
