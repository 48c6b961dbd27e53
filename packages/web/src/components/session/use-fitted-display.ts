"use client";
import { type SessionId, toBrowserVmError } from "@browservm/contract";
import { type RefObject, useEffect } from "react";
import { client } from "../../lib/client.ts";
import { DisplayFitter } from "../../lib/display-fitter.ts";

interface FittedDisplay {
  readonly id: SessionId;
  /** The box that the display follows. */
  readonly stage: RefObject<HTMLElement | null>;
  readonly isOn: boolean;
  readonly onProblem: (words: string) => void;
}

/** While it is on, the VM's display is as large as the reader's window lets it be. */
export function useFittedDisplay({ id, stage, isOn, onProblem }: FittedDisplay): void {
  useEffect(() => {
    const element = stage.current;
    if (!isOn || element === null) return;
    const fitter = new DisplayFitter({
      resize: (size) => client.sessions.resize(id, size),
      onProblem: (error) => onProblem(toBrowserVmError(error).message),
    });
    const observer = new ResizeObserver(() => fitter.fit(element.getBoundingClientRect()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      fitter[Symbol.dispose]();
    };
  }, [id, stage, isOn, onProblem]);
}
