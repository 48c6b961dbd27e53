"use client";
import { useEffect, useState } from "react";

/** The time in milliseconds since the epoch, renewed every `everyMs`; null until the page runs in a browser. */
export function useNow(everyMs = 1000): number | null {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
