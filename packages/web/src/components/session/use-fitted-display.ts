"use client";
import { type SessionId, toBrowserVmError } from "@browservm/contract";
import { type RefObject, useEffect } from "react";
import { client } from "../../lib/client.ts";
import { DisplayFitter } from "../../lib/display-fitter.ts";

interface FittedDisplay {
  readonly id: SessionId;
  /** The box that the display follows. */
  readonly view: RefObject<HTMLElement | null>;
  readonly isOn: boolean;
  readonly onProblem: (words: string) => void;
}

/** While it is on, the VM's display is as large as the reader's window lets it be. */
export function useFittedDisplay({ id, view, isOn, onProblem }: FittedDisplay): void {
  useEffect(() => {
    const element = view.current;
    if (!isOn || element === null) return;
    const fitter = new DisplayFitter({
      resize: (size) => client.sessions.resize(id, size),
      onProblem: (error) => onProblem(toBrowserVmError(error).message),
    });
    const observer = new ResizeObserver(() =>
      fitter.fit({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      fitter[Symbol.dispose]();
    };
  }, [id, view, isOn, onProblem]);
}
