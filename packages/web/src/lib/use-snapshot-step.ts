"use client";
import { useEffect, useState } from "react";
import { pause } from "./backoff.ts";
import { client } from "./client.ts";
import { buildStepWords } from "./launch-steps.ts";

const LOOK_MS = 2000;

/** What the making of an image's golden snapshot does now, while somebody waits for it. */
export function useSnapshotStep(image: string, isWaiting: boolean): string | undefined {
  const [step, setStep] = useState<string>();
  useEffect(() => {
    if (!isWaiting) return;
    const ended = new AbortController();
    const look = async () => {
      while (!ended.signal.aborted) {
        // who may not see it, or does not hear hostd, still sees the step's name
        const all = await client.snapshots.list({ signal: ended.signal }).catch(() => []);
        if (ended.signal.aborted) return;
        const building = all.find((one) => one.image === image && one.state === "building");
        setStep(building?.step);
        await pause(LOOK_MS, ended.signal);
      }
    };
    void look();
    return () => ended.abort();
  }, [image, isWaiting]);
  if (!isWaiting || step === undefined) return undefined;
  return `It is made now, once for all to come: ${buildStepWords(step)}`;
}
