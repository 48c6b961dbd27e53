"use client";
import { type BrowserVmError, LogSource, type SessionId, toBrowserVmError } from "@browservm/contract";
import { useEffect, useRef, useState } from "react";
import { pause } from "../../lib/backoff.ts";
import { client } from "../../lib/client.ts";
import { LogBuffer, type NumberedLine } from "../../lib/log-buffer.ts";
import css from "./log-panel.module.css";

const LIMIT = 2000;
const SHOW_EVERY_MS = 120;
const WORDS: Readonly<Record<LogSource, string>> = {
  agent: "Agent",
  journal: "Journal",
  console: "Console",
  vmm: "VMM",
};

interface Logs {
  readonly lines: readonly NumberedLine[];
  readonly error: BrowserVmError | null;
  readonly isOpen: boolean;
}

const NO_LOGS: Logs = { lines: [], error: null, isOpen: true };

/** The last lines of one source, following it while it grows. */
export function LogPanel({ id }: { id: SessionId }) {
  const [source, setSource] = useState<LogSource>("agent");
  const [isFollowing, setFollowing] = useState(true);
  const logs = useLogs(id, source);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isFollowing && logs.lines.length > 0) list.current?.scrollTo(0, list.current.scrollHeight);
  }, [logs.lines, isFollowing]);
  const onScroll = () => {
    const element = list.current;
    if (element) setFollowing(element.scrollTop + element.clientHeight >= element.scrollHeight - 24);
  };
  return (
    <div className={css.panel}>
      <div className={css.bar}>
        <label>
          <span className="visually-hidden">Source</span>
          <select
            className={css.select}
            value={source}
            onChange={(event) => setSource(LogSource.parse(event.target.value))}
          >
            {LogSource.options.map((name) => (
              <option key={name} value={name}>
                {WORDS[name]}
              </option>
            ))}
          </select>
        </label>
        <label className={css.follow}>
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => setFollowing(event.target.checked)}
          />
          Follow
        </label>
      </div>
      <div
        ref={list}
        className={css.lines}
        role="log"
        aria-label={`${WORDS[source]} log`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: one must be able to scroll it by keyboard
        tabIndex={0}
        onScroll={onScroll}
      >
        {logs.lines.map(({ number, text }) => (
          <div key={number}>{text === "" ? " " : text}</div>
        ))}
        {logs.lines.length === 0 ? (
          <p className={css.none}>
            {logs.error?.message ?? (logs.isOpen ? "Nothing was logged yet." : "The log is empty.")}
          </p>
        ) : null}
      </div>
    </div>
  );
}

function useLogs(id: SessionId, source: LogSource): Logs {
  const [logs, setLogs] = useState<Logs>(NO_LOGS);
  useEffect(() => {
    const ended = new AbortController();
    const buffer = new LogBuffer(LIMIT);
    let fresh: string[] = [];
    setLogs(NO_LOGS);
    const show = () => {
      if (fresh.length === 0) return;
      const lines = buffer.add(fresh);
      fresh = [];
      setLogs({ lines, error: null, isOpen: true });
    };
    const timer = setInterval(show, SHOW_EVERY_MS);
    const read = async () => {
      try {
        const stream = client.sessions.logs(
          id,
          { source, lines: 500, follow: true },
          { signal: ended.signal },
        );
        for await (const { line } of stream) {
          fresh.push(line);
          // a flood must not starve the page: let it draw
          if (fresh.length > LIMIT) await pause(SHOW_EVERY_MS, ended.signal);
        }
        show();
        if (!ended.signal.aborted) setLogs((now) => ({ ...now, isOpen: false }));
      } catch (error) {
        if (!ended.signal.aborted)
          setLogs((now) => ({ ...now, error: toBrowserVmError(error), isOpen: false }));
      }
    };
    void read();
    return () => {
      ended.abort();
      clearInterval(timer);
    };
  }, [id, source]);
  return logs;
}
