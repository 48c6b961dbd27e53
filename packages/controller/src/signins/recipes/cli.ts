import { BrowserVmError, type CliSettings, SecretFiles } from "@browservm/contract";
import type { Captured, Prepared, Recipe, RecipeWork } from "../recipe.ts";
import type { ToolFile, ToolNews } from "../signin-guest.ts";

/** Reads of a tool's files whose account it is. */
export type SubjectOf = (files: ReadonlyMap<string, string>) => string | null;

/** A command-line tool that signs in through the browser beside it, on the same localhost. */
export function cli(settings: CliSettings, subjectOf: SubjectOf = () => null): Recipe {
  return {
    kind: "files",
    captures: settings.files.map(({ path }) => `The file ~/${path}`),
    leaves: ["Your password and second factor", "The tool, its other files and the browser: the VM is destroyed"],
    isRepeatable: true,
    prepare: (work) => prepare(settings, work),
    awaitUser: async (work) => {
      const news = await work.guest.awaitTool(settings, work.signal);
      return async () => toCaptured(settings, mustBeCaptured(news), subjectOf);
    },
  };
}

async function prepare(settings: CliSettings, { guest, signal, step }: RecipeWork): Promise<Prepared> {
  if (settings.install.length > 0) {
    await step("install");
    const code = await guest.install(settings, signal);
    if (code !== 0)
      throw new BrowserVmError("SIGNIN_TOOL_EXITED", `the tool could not be installed: status ${code}`, { code });
  }
  await guest.startTool(settings);
  const news = await guest.awaitTool(settings, signal);
  // A tool may find that nobody needs to sign in; its files are there then.
  const url = news.is === "url" ? mustBeAsked(settings, news.url) : null;
  if (news.is === "exited") mustBeCaptured(news);
  const text = "Sign in here. We go on by ourselves as soon as the tool has what it needs.";
  return { flow: null, guide: { text, url, userCode: null, needsConfirm: false }, open: url };
}

function mustBeAsked({ urlPrefix }: CliSettings, url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || !url.startsWith(urlPrefix ?? ""))
    throw new BrowserVmError("SIGNIN_TOOL_UNEXPECTED", "the tool opens an address that its recipe does not know");
  return url;
}

function mustBeCaptured(news: ToolNews): readonly ToolFile[] {
  if (news.is === "captured") return news.files;
  if (news.is === "url") throw new BrowserVmError("SIGNIN_TOOL_UNEXPECTED", "the tool asks to sign in once more");
  const { code, signal } = news;
  throw new BrowserVmError("SIGNIN_TOOL_EXITED", `the tool ended with ${signal ?? `status ${code}`}`, { code, signal });
}

function toCaptured(settings: CliSettings, found: readonly ToolFile[], subjectOf: SubjectOf): Captured {
  const texts = new Map<string, string>();
  for (const { path, optional, jsonKeys } of settings.files) {
    const file = found.find((each) => each.path === path);
    if (!file && !optional) throw invalid(path, "it is not there");
    if (!file) continue;
    const text = Buffer.from(file.data, "base64").toString("utf8");
    if (jsonKeys) checkJson(path, text, jsonKeys);
    texts.set(path, text);
  }
  const files = found.filter(({ path }) => texts.has(path));
  const parsed = SecretFiles.safeParse(files);
  if (!parsed.success) throw invalid(settings.files[0]?.path ?? "", "it is too large, or not what a file can be");
  return { credentials: { kind: "files", files: parsed.data }, subject: subjectOf(texts) };
}

/** The file must be JSON and have these keys, each with something in it. */
function checkJson(path: string, text: string, keys: readonly string[]): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, "it is no JSON");
  }
  for (const key of keys) if (!hasAt(value, key.split("."))) throw invalid(path, `it has no ${key}`);
}

function hasAt(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return value !== null && value !== undefined && value !== "";
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, first)) return false;
  return hasAt((value as Record<string, unknown>)[first], rest);
}

const invalid = (path: string, why: string) =>
  new BrowserVmError("SIGNIN_CAPTURE_INVALID", `~/${path} is not what it should be: ${why}`, { path });
