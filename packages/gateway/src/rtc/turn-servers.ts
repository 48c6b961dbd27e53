import { createHmac } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { BrowserVmError, type Config, type IceServer } from "@browservm/contract";
import type { Logger } from "pino";

type TurnSettings = Config["media"]["turn"];

const MAX_SECRET_BYTES = 4096;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Relays for viewers, with credentials that end by themselves: the name is the moment of their end, the password its
 * HMAC under a secret that only the relay and this gateway have (draft-uberti-behave-turn-rest-00, as coturn's
 * `use-auth-secret`).
 */
export class TurnServers {
  /** After so long the next credentials are told, in milliseconds. */
  readonly renewMs: number;
  readonly #settings: TurnSettings;
  readonly #secret: Buffer;

  constructor(settings: TurnSettings, secret: Buffer) {
    this.#settings = settings;
    this.#secret = secret;
    this.renewMs = settings.lifetimeSeconds * 500;
  }

  /** For one viewer, who is named so that the relay's log can be read. `nowMs`: milliseconds since 1970. */
  serversFor(viewer: string, nowMs: number): IceServer[] {
    const { urls, lifetimeSeconds } = this.#settings;
    const username = `${Math.floor(nowMs / 1000) + lifetimeSeconds}:${viewer}`;
    const credential = createHmac("sha1", this.#secret).update(username).digest("base64");
    return [{ urls: [...urls], username, credential }];
  }
}

/** Undefined where no relay is set, or its secret cannot be had: then there is WebRTC without one, and the log says why. */
export async function openTurn(settings: TurnSettings, log: Logger): Promise<TurnServers | undefined> {
  if (settings.urls.length === 0) return undefined;
  try {
    return new TurnServers(settings, await readSecret(settings.secretFile));
  } catch (error) {
    log.error({ err: error, path: settings.secretFile }, "viewers get no relay: its secret cannot be read");
    return undefined;
  }
}

async function readSecret(path: string): Promise<Buffer> {
  if (path === "") throw refusal("`media.turn.secretFile` names no file");
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const { mode, size } = await file.stat();
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refusal("it is no regular file");
  if ((mode & 0o007) !== 0) throw refusal("everybody on this machine may read it");
  if (size > MAX_SECRET_BYTES) throw refusal(`it is larger than ${MAX_SECRET_BYTES} bytes`);
  const secret = Buffer.from((await file.readFile("utf8")).trim());
  if (secret.length === 0) throw refusal("it is empty");
  return secret;
}

const refusal = (why: string): BrowserVmError =>
  new BrowserVmError("BAD_CONFIG", `the relay's secret: ${why}`);
