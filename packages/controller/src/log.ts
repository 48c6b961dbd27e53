import { type DestinationStream, type Logger, pino } from "pino";

const SECRETS = [
  ...["token", "secret", "cookie", "authorization", "apiKey", "bearer"],
  ...["accessToken", "refreshToken", "clientSecret", "access_token", "refresh_token", "client_secret"],
  ...["id_token", "masterKey", "BVM_VAULT_KEY"],
];

/** JSON lines on stdout. What looks like a secret is struck out, wherever it is in a line's first two levels. */
export function makeLogger(level: string, destination?: DestinationStream): Logger {
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = {
    level,
    base: { component: "controller" },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    redact: {
      paths: [...paths, 'headers["x-api-key"]', '*.headers["x-api-key"]', "*.headers.cookie"],
      censor: "…",
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
