import { Session, SessionId } from "@browservm/contract";

export const SESSION_ID = SessionId.parse(`ses_${"a".repeat(20)}`);
export const NOW = Date.parse("2026-01-01T12:00:00.000Z");
export const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

/** A ready session with a VM that booted, changed as a test needs it. */
export function sessionFact({
  vm,
  ...over
}: Partial<Omit<Session, "vm">> & { vm?: object | null } = {}): Session {
  return Session.parse({
    id: SESSION_ID,
    status: "ready",
    image: "browser",
    url: "https://example.com/",
    labels: {},
    viewport: { width: 1280, height: 720 },
    createdAt: at(-100),
    readyAt: at(-64),
    endedAt: null,
    expiresAt: at(3600),
    timeouts: { absoluteAt: null, offlineAt: at(3600), idleAt: null, onIdle: "pause" },
    pool: null,
    forkOf: null,
    profile: null,
    liveViewUrl: "http://127.0.0.1:4000/sessions/x",
    reason: null,
    vm:
      vm === null
        ? null
        : {
            id: `vm_${"a".repeat(20)}`,
            state: "ready",
            accelerator: "tcg",
            hasBrowser: true,
            origin: "boot",
            steps: [],
            ...vm,
          },
    ...over,
  });
}
