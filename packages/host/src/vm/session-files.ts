import { GUEST_PATHS, type SessionEnvironment } from "@browservm/contract";
import type { InjectedFile } from "../image/image.ts";
import { renderEnvironment, renderPamEnvironment } from "../image/index.ts";
import type { VmRecord } from "./vm-store.ts";

/** What a session's settings are in its guest: files that are put there at boot, or over the control channel. */
export function sessionFiles({ id, spec }: Pick<VmRecord, "id" | "spec">): InjectedFile[] {
  const environment = { SESSION_ID: id, ...spec.environment };
  return [
    { path: GUEST_PATHS.environment, mode: 0o644, content: renderEnvironment(environment) },
    { path: "/etc/environment", mode: 0o644, content: renderPamEnvironment(environment) },
  ];
}

/** The same as a call carries them. */
export const filesOfCall = (files: readonly InjectedFile[]) =>
  files.map(({ path, mode, content }) => ({ path, mode, data: Buffer.from(content).toString("base64") }));

/** What the browser of a golden snapshot was started with: it is nobody's yet. */
export const FROZEN_ENVIRONMENT: SessionEnvironment = {};

/** Language, time zone and proxies: what a browser reads at its start and never again. */
const READ_AT_START = /^(LANG|LANGUAGE|LC_\w+|TZ|(https?|ftp|all|no)_proxy)$/i;

/** Whether a browser that was started with the settings `before` must be started anew to obey those of `after`. */
export const wantsFreshBrowser = (before: SessionEnvironment, after: SessionEnvironment): boolean =>
  Object.keys({ ...before, ...after }).some((key) => READ_AT_START.test(key) && before[key] !== after[key]);
