"use client";
import type { Me } from "@browservm/contract";
import { useEffect, useState } from "react";
import { client } from "./client.ts";

/** What the API said last, so that the next page need not begin without it. */
let known: Me | null = null;

/** Who looks at this page; null until the API has said it. */
export function useMe(): Me | null {
  const [me, setMe] = useState<Me | null>(known);
  useEffect(() => {
    const ended = new AbortController();
    // who is unknown may do nothing more: other calls lead to the sign-in page
    client.me({ signal: ended.signal }).then(
      (told) => {
        known = told;
        setMe(told);
      },
      () => {
        if (!ended.signal.aborted) known = null;
      },
    );
    return () => ended.abort();
  }, []);
  return me;
}
