import { CliSettings } from "@browservm/contract";
import type { KnownProvider } from "../providers.ts";

/** Google's Gemini CLI with a Google account. */
export const geminiCli: KnownProvider = {
  name: "gemini_cli",
  title: "Gemini CLI (Google)",
  source: "builtin",
  settings: CliSettings.parse({
    recipe: "cli",
    install: ["npm", "install", "--prefix", ".local", "--global", "@google/gemini-cli"],
    command: [".local/bin/gemini"],
    // The first choice is to sign in with Google.
    answers: [
      { when: "theme", type: "" },
      { when: "authenticate for this project", type: "" },
    ],
    urlPrefix: "https://accounts.google.com/",
    files: [
      { path: ".gemini/oauth_creds.json", jsonKeys: ["access_token", "refresh_token"] },
      { path: ".gemini/settings.json", optional: true },
      { path: ".gemini/google_accounts.json", optional: true },
    ],
    account: { path: ".gemini/oauth_creds.json", key: "id_token", claim: "email" },
  }),
};
