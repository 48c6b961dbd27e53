import { type Check, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHealth, UNHEARD } from "../guest/about-guest.ts";

const WORDS = {
  missing: "is missing",
  altered: "has other content",
  "wrong-mode": "has another mode",
} as const;

const renew = restart(
  "Put the file back as it was, or delete the VM and start a new one: it gets its files at boot.",
);

export const injectedFile: Check<VmSubject> = {
  code: "injected-file",
  layer: "service",
  title: "The files that hostd gave the guest are there, unaltered",
  dependsOn: [...UNHEARD],
  breaks: ["service"],
  explanation: {
    symptom: "A program in the guest lacks its settings, its key or its start page.",
    cause: "A file that hostd injected at boot is missing, was altered, or has another mode.",
    evidence: "The agent compares each file with the manifest that came with it (path, mode, SHA-256).",
    fix: renew,
  },
  judge: aboutHealth("injected", ({ injected }) => {
    const bad = injected.flatMap(({ path, state }) =>
      state === "ok" ? [] : [{ path, words: WORDS[state] }],
    );
    if (bad.length === 0)
      return pass("control-channel", "injected files", `${injected.length}, all as in the manifest`);
    return fail(
      `${bad.map(({ path, words }) => `${path} ${words}`).join("; ")}.`,
      bad.map(({ path, words }) => seen("control-channel", path, words)),
      renew,
    );
  }),
};
