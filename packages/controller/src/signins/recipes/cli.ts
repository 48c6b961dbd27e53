import { BrowserVmError, type CliSettings, type SecretFile } from "@browservm/contract";
import type { Captured, Prepared, Recipe, RecipeWork } from "../recipe.ts";
import type { RunningTool, ToolSpec } from "../signin-guest.ts";
import { accountIn, checkJson, invalidFile } from "./tool-files.ts";

/** A tool that has asked for nothing by then does something else than its recipe says, in milliseconds. */
const ASKS_WITHIN_MS = 120_000;
const INSTALL_MS = 600_000;

/** A command-line tool that signs in through the browser beside it, on the same localhost. */
export function cli(settings: CliSettings): Recipe {
  let tool: RunningTool | undefined;
  return {
    kind: "files",
    captures: settings.files.map(({ path }) => `The file ~/${path}`),
    leaves: [
      "Your password and second factor",
      "The tool, its other files and the browser: the VM is destroyed",
    ],
    // A tool ends with the controller that looks after it.
    carriesOn: [],
    prepare: (work) => {
      tool = work.guest.runTool(toolOf(settings));
      return prepare(settings, tool, work);
    },
    awaitUser: async ({ guest }) => {
      await tool?.ready;
      return async () => toCaptured(settings, await guest.captureFiles(filesOf(settings)));
    },
  };
}

async function prepare(
  settings: CliSettings,
  tool: RunningTool,
  { signal, step }: RecipeWork,
): Promise<Prepared> {
  const hasInstall = settings.install.length > 0;
  if (hasInstall) await step("install");
  const url = await Promise.race([tool.asked, silence(hasInstall ? INSTALL_MS : 0, signal)]);
  const text = "Sign in here. We go on by ourselves as soon as the tool has what it needs.";
  const shown = url === null ? null : mustBeAsked(settings, url);
  return { flow: null, guide: { text, url: shown, userCode: null, needsConfirm: false }, open: shown };
}

function silence(moreMs: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => {
      const what = "the tool asks for no address to sign in at";
      reject(new BrowserVmError("SIGNIN_TOOL_UNEXPECTED", what));
    }, ASKS_WITHIN_MS + moreMs);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}

function toolOf(settings: CliSettings): ToolSpec {
  const { command, environment, answers, install, urlPrefix } = settings;
  return {
    command,
    env: environment,
    // Typed as it is; a terminal's return key is a carriage return.
    prompts: answers.map(({ when, type, times }, at) => ({
      id: `answer-${at + 1}`,
      pattern: when,
      answer: `${type}\r`,
      times,
    })),
    files: filesOf(settings),
    ...(install.length > 0 ? { install: { command: install, timeoutMs: INSTALL_MS } } : {}),
    ...(urlPrefix === undefined ? {} : { urlPattern: `^${literally(urlPrefix)}` }),
  };
}

/** A pattern that matches this text only. */
const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

const filesOf = ({ files }: CliSettings): ToolSpec["files"] =>
  files.map(({ path, optional, jsonKeys }) => ({ path, optional, json: jsonKeys !== undefined }));

function mustBeAsked({ urlPrefix }: CliSettings, url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || !url.startsWith(urlPrefix ?? ""))
    throw new BrowserVmError(
      "SIGNIN_TOOL_UNEXPECTED",
      "the tool opens an address that its recipe does not know",
    );
  return url;
}

function toCaptured(settings: CliSettings, found: readonly SecretFile[]): Captured {
  const texts = new Map<string, string>();
  for (const { path, optional, jsonKeys } of settings.files) {
    const file = found.find((each) => each.path === path);
    if (!file && !optional) throw invalidFile(path, "it is not there");
    if (!file) continue;
    const text = Buffer.from(file.data, "base64").toString("utf8");
    if (jsonKeys) checkJson(path, text, jsonKeys);
    texts.set(path, text);
  }
  // What a guest sends besides was not asked for, and is not kept.
  const kept = found.filter(({ path }) => texts.has(path));
  return { credentials: { kind: "files", files: kept }, subject: accountIn(settings, texts) };
}
