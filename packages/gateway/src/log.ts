import { type Logger, pino } from "pino";

/** JSON lines on stdout. Nothing secret comes here: the gateway knows no credentials. */
export const makeLogger = (level: string): Logger =>
  pino({ level, base: { component: "gateway" }, timestamp: () => `,"time":"${new Date().toISOString()}"` });
