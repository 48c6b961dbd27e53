import { BrowserVmError } from "@browservm/contract";

const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
// systemd drops a whole value for one control character other than the tab (src/basic/env-util.c), and wants UTF-8.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * Session settings as `/etc/browservm/session.env`: systemd's EnvironmentFile= syntax, which is also the shell's.
 * Every value comes back as it went in; ENVIRONMENT_INVALID names a key that cannot.
 */
export function renderEnvironment(environment: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(environment).map(([key, value]) => {
    check(key, value);
    return `${key}="${value.replace(/[\\"$`]/g, "\\$&")}"\n`;
  });
  return Buffer.from(lines.join(""));
}

/** Reads what `renderEnvironment` wrote, by systemd's rules for double quotes (src/basic/env-file.c). */
export function parseEnvironment(text: string): Record<string, string> {
  const found = text.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"$/gm);
  return Object.fromEntries(
    [...found].map(([, key = "", value = ""]) => [key, value.replace(/\\([\\"$`])/g, "$1")]),
  );
}

/**
 * The same settings as `/etc/environment` for pam_env, which knows no escapes: it cuts at `#` and strips quotes. What
 * it would alter is left out, so that a session sees a value as it is or not at all.
 */
export function renderPamEnvironment(environment: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(environment).map(([key, value]) => {
    check(key, value);
    const faithful = !/["'#\\]/.test(value) && value.trim() === value;
    return faithful ? `${key}=${value}\n` : "";
  });
  return Buffer.from(lines.join(""));
}

function check(key: string, value: string): void {
  const refuse = (why: string) =>
    new BrowserVmError("ENVIRONMENT_INVALID", `${key.slice(0, 128)} ${why}`, { key });
  if (!KEY.test(key)) throw refuse("is not a name that an environment can hold");
  if (value.includes("\n")) throw refuse("holds a newline");
  if (value.includes("\0")) throw refuse("holds a NUL");
  if (CONTROL.test(value)) throw refuse("holds a control character");
  if (!value.isWellFormed()) throw refuse("is not valid Unicode");
}
