import { CliSettings } from "@browservm/contract";
import type { KnownProvider } from "../providers.ts";

/** OpenAI's Codex CLI with a ChatGPT account. */
export const codex: KnownProvider = {
  name: "codex",
  title: "Codex CLI (ChatGPT)",
  source: "builtin",
  settings: CliSettings.parse({
    recipe: "cli",
    install: ["npm", "install", "--prefix", ".local", "--global", "@openai/codex"],
    command: [".local/bin/codex", "login"],
    urlPrefix: "https://auth.openai.com/",
    files: [{ path: ".codex/auth.json", jsonKeys: ["tokens.access_token", "tokens.refresh_token"] }],
    account: { path: ".codex/auth.json", key: "tokens.id_token", claim: "email" },
  }),
};
