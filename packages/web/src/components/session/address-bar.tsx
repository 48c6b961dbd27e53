"use client";
import { type SessionId, toBrowserVmError } from "@browservm/contract";
import { ArrowRight, Globe } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { client } from "../../lib/client.ts";
import { pageAddress } from "../../lib/page-address.ts";
import css from "./address-bar.module.css";

interface AddressBarProps {
  readonly id: SessionId;
  readonly url: string | null;
  readonly onNavigated: () => void;
}

/** Opens a page in the VM's browser. */
export function AddressBar({ id, url, onNavigated }: AddressBarProps) {
  const [typed, setTyped] = useState(url ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const problemId = useId();
  const go = async (event: FormEvent) => {
    event.preventDefault();
    const address = pageAddress(typed);
    if (address === null) return setProblem("This is not a web address.");
    setProblem(null);
    setTyped(address);
    try {
      await client.sessions.navigate(id, address);
      onNavigated();
    } catch (error) {
      setProblem(toBrowserVmError(error).message);
    }
  };
  return (
    <form className={css.bar} onSubmit={(event) => void go(event)} noValidate>
      <Globe size={15} aria-hidden="true" />
      <input
        aria-label="Address to open in the VM"
        aria-invalid={problem !== null}
        {...(problem === null ? {} : { "aria-describedby": problemId })}
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        placeholder="Open a page in the VM"
        value={typed}
        onFocus={(event) => event.target.select()}
        onChange={(event) => {
          setTyped(event.target.value);
          setProblem(null);
        }}
      />
      <button type="submit" aria-label="Open the page" title="Open the page">
        <ArrowRight size={16} />
      </button>
      {problem === null ? null : (
        <p id={problemId} role="alert" className={css.problem}>
          {problem}
        </p>
      )}
    </form>
  );
}
