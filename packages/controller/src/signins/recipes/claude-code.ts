import { CliSettings } from "@browservm/contract";
import type { KnownProvider } from "../providers.ts";

/** Anthropic's Claude Code with a Claude account. */
export const claudeCode: KnownProvider = {
  name: "claude_code",
  title: "Claude Code",
  source: "builtin",
  settings: CliSettings.parse({
    recipe: "cli",
    install: ["npm", "install", "--prefix", ".local", "--global", "@anthropic-ai/claude-code"],
    command: [".local/bin/claude", "/login"],
    // Each question's first choice is the one that is wanted: the look, a subscription's account, and to go on.
    answers: [
      { when: "text style|theme", type: "" },
      { when: "select login method", type: "" },
      { when: "press enter to continue", type: "", times: 3 },
    ],
    urlPrefix: "https://claude.ai/",
    files: [
      {
        path: ".claude/.credentials.json",
        jsonKeys: ["claudeAiOauth.accessToken", "claudeAiOauth.refreshToken"],
      },
    ],
  }),
};
