import { readFileSync } from "node:fs";
import { BrowserVmError, type Config, OAuthSettings, type SigninSettings } from "@browservm/contract";
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
const BUILTIN: readonly KnownProvider[] = [codex, claudeCode, geminiCli];

/** Those of the configuration, which go before ours of the same name. BAD_CONFIG. */
export function knownProviders(configured: Config["signins"]["providers"]): readonly KnownProvider[] {
  const own = configured.map(({ name, title, settings, clientSecretFile }): KnownProvider => {
    const whole = clientSecretFile === undefined ? settings : withSecret(settings, clientSecretFile, name);
    return { name, title: title ?? name, source: "config", settings: whole };
  });
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...BUILTIN.filter(({ name }) => !names.has(name))];
}

function withSecret(settings: SigninSettings, path: string, name: string): SigninSettings {
  if (settings.recipe !== "oauth")
    throw new BrowserVmError(
      "BAD_CONFIG",
      `signins.providers ${name}: clientSecretFile is for the recipe oauth`,
    );
  try {
    const clientSecret = readFileSync(path, "utf8").trim();
    return OAuthSettings.parse({ ...settings, client: { ...settings.client, clientSecret } });
  } catch (cause) {
    throw new BrowserVmError(
      "BAD_CONFIG",
      `signins.providers ${name}: ${path} holds no usable secret`,
      {},
      { cause },
    );
  }
}
