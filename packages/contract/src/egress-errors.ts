import type { ErrorRow } from "./error-row.ts";

/** What is wrong with a session's proxy. */
export const PROXY_ERRORS = {
  PROXY_UNREACHABLE: {
    status: 502,
    title: "the session's proxy cannot be reached",
    fix: "Check its address and that it runs. hostd asks from where the guests go out: a proxy on this machine itself listens on an address that they could reach, not on 127.0.0.1.",
  },
  PROXY_AUTH_REFUSED: {
    status: 422,
    title: "the session's proxy refuses the credentials",
    fix: "Give it name and password anew: `browservm egress set` with `--proxy` and `--proxy-password-file`.",
  },
  PROXY_NOT_SPOKEN: {
    status: 502,
    title: "what listens there is no such proxy",
    fix: "Check scheme and port: `http://` for HTTP CONNECT, `https://` for the same by TLS, `socks5://` for SOCKS 5.",
  },
  PROXY_TARGET_REFUSED: {
    status: 502,
    title: "the session's proxy does not connect to where it was asked to",
    fix: "Let the proxy allow it. For the check before `ready` that is the server of `network.exitCheckUrl`.",
  },
  PROXY_EXIT_UNKNOWN: {
    status: 502,
    title: "where the session's proxy comes out cannot be learned",
    fix: "Set `network.exitCheckUrl` to a server that answers the address that it is asked from, as text or JSON with `ip`.",
  },
  PROXY_EXIT_UNEXPECTED: {
    status: 422,
    title: "the session's proxy comes out elsewhere than expected",
    fix: "Use the proxy that comes out at `expectExit`, or change what is expected.",
  },
  PROXY_EXIT_IS_HOST: {
    status: 422,
    title: "the session's proxy comes out at this machine's own address",
    fix: "It hides nothing: use another one. If that is intended, name the address as `expectExit`.",
  },
  PROXY_CREDENTIALS_UNKNOWN: {
    status: 422,
    title: "the credentials of the session's proxy are not known",
    fix: "Give name and password with the proxy's address; those of another address are never used.",
  },
} as const satisfies Record<string, ErrorRow>;

/** For routes. */
export const PROXY_CODES = Object.keys(PROXY_ERRORS) as Array<keyof typeof PROXY_ERRORS>;

/** A vault that is shut keeps no credentials. */
export const VAULT_SHUT_CODES = ["VAULT_LOCKED", "VAULT_KEY_WRONG", "VAULT_KEY_UNUSABLE"] as const;

/** What stands in the way of keeping credentials. */
export const KEEPING_CODES = ["PROXY_CREDENTIALS_UNKNOWN", ...VAULT_SHUT_CODES] as const;
