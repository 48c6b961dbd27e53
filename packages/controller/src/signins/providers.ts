import type { SigninSettings } from "@browservm/contract";
import { claudeCode } from "./recipes/claude-code.ts";
import { codex } from "./recipes/codex.ts";
import { geminiCli } from "./recipes/gemini-cli.ts";

/** A provider that people can sign in at by its name alone. */
export interface KnownProvider {
  readonly name: string;
  readonly title: string;
  readonly source: "builtin" | "config";
  readonly settings: SigninSettings;
}

/** Those that come with us. */
export const BUILTIN: readonly KnownProvider[] = [codex, claudeCode, geminiCli];
