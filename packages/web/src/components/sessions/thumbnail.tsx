"use client";
import type { Session } from "@browservm/contract";
import { MonitorOff } from "lucide-react";
import { useEffect, useState } from "react";
import { pause } from "../../lib/backoff.ts";
import { client } from "../../lib/client.ts";
import { keepFrame, lastFrame } from "../../lib/last-frames.ts";
import css from "./thumbnail.module.css";

const RENEW_MS = 20_000;

/** What the session's display shows, renewed while the page is looked at. */
export function Thumbnail({ session }: { session: Session }) {
  const url = useScreenshot(session);
  if (session.vm?.hasBrowser === false)
    return (
      <div className={css.none}>
        <MonitorOff size={22} aria-hidden="true" />
        <p>This image has no browser</p>
      </div>
    );
  if (url === null) return <div className={css.none} />;
  // biome-ignore lint/performance/noImgElement: a blob of this page, which no image server can resize
  return <img className={css.image} src={url} alt="" />;
}

function useScreenshot({ id, vm }: Session): string | null {
  const [url, setUrl] = useState<string | null>(lastFrame(id) ?? null);
  const hasBrowser = vm?.hasBrowser === true;
  useEffect(() => {
    if (!hasBrowser) return;
    const ended = new AbortController();
    const show = (bytes: Uint8Array) => {
      const shown = URL.createObjectURL(new Blob([Uint8Array.from(bytes)], { type: "image/png" }));
      keepFrame(id, shown);
      setUrl(shown);
    };
    const renew = async () => {
      while (!ended.signal.aborted) {
        if (document.visibilityState === "visible") {
          // a missing picture is not worth a word: the card still says what the session is
          await client.sessions.screenshot(id, { signal: ended.signal }).then(show, () => {});
        }
        await pause(RENEW_MS, ended.signal);
      }
    };
    void renew();
    return () => ended.abort();
  }, [id, hasBrowser]);
  return url;
}
