"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "../lib/clipboard.ts";
import { Button, IconButton } from "./button.tsx";

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, e.g. "address". */
  readonly what: string;
  readonly isSmall?: boolean;
}

/** Copies a text, and says for two seconds that it did. */
export function CopyButton({ text, what, isSmall = false }: CopyButtonProps) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async () => setDone(await copyText(text));
  const icon = isDone ? <Check size={15} /> : <Copy size={15} />;
  if (isSmall)
    return (
      <IconButton label={isDone ? `Copied ${what}` : `Copy ${what}`} onClick={() => void copy()}>
        {icon}
      </IconButton>
    );
  return (
    <Button icon={icon} onClick={() => void copy()}>
      {isDone ? "Copied" : `Copy ${what}`}
    </Button>
  );
}
