import type { Config } from "@browservm/contract";
import type { Logger } from "pino";
import type { RtcDesk } from "./rtc-desk.ts";

export async function openRtc(_config: Config, _log: Logger): Promise<RtcDesk | undefined> {
  return undefined;
}
