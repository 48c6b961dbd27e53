import { randomBytes } from "node:crypto";
import { type CreateSession, HostInfo, makeId, Session, SessionId } from "@browservm/contract";

export const vmIdOf = ({ id }: Session) => `vm_${id.slice(4)}`;
export const ME = {
  project: null,
  csrfToken: "csrf",
  version: "0.1.0",
  publicUrl: "http://127.0.0.1:4000",
} as const;

export function vmOf(
  session: Session,
  steps: NonNullable<Session["vm"]>["steps"],
): NonNullable<Session["vm"]> {
  return Session.shape.vm.unwrap().parse({
    id: vmIdOf(session),
    state: "booting",
    accelerator: "tcg",
    hasBrowser: session.image === "browser",
    address: {
      slot: 7,
      tap: "bv-7",
      mac: "52:54:00:a1:00:07",
      ip: "192.168.100.9",
      prefix: 24,
      gateway: "192.168.100.1",
    },
    steps: structuredClone(steps),
  });
}

export function hostInfo(vms: number): HostInfo {
  return HostInfo.parse({
    version: "0.1.0",
    hostname: "workbench",
    pid: 4711,
    startedAt: new Date().toISOString(),
    accelerator: { name: "tcg", driver: "qemu", reason: "KVM is not there: /dev/kvm does not exist" },
    network: {
      namespace: "isolated",
      bridge: "fcbr0",
      cidr: "192.168.100.0/24",
      gateway: "192.168.100.1",
      uplink: "auto",
      mtu: 1500,
      slots: { total: 250, used: vms, resting: 0 },
      warnings: [],
    },
    images: [
      { name: "browser", id: "img-1", hasBrowser: true },
      { name: "tiny", id: "img-2", hasBrowser: false },
      { name: "broken", id: "img-3", hasBrowser: true },
      { name: "missing", id: "img-4", hasBrowser: true },
    ],
    vms,
    memory: { totalMib: 32_000, availableMib: 20_000 },
    snapshots: { usable: true, reason: "QEMU can restore them" },
  });
}

/** How long a session lives that nobody looks at. */
export const TTL_SECONDS = 3540;

/** A session that was just asked for. */
export function freshSession(
  body: Pick<CreateSession, "image" | "url">,
  createdAt = new Date().toISOString(),
): Session {
  const id = SessionId.parse(makeId("ses", randomBytes(20)));
  const expiresAt = new Date(Date.now() + TTL_SECONDS * 1000).toISOString();
  return Session.parse({
    id,
    status: "pending",
    image: body.image,
    url: body.url ?? null,
    labels: {},
    viewport: { width: 1280, height: 720 },
    createdAt,
    readyAt: null,
    endedAt: null,
    expiresAt,
    timeouts: { absoluteAt: null, offlineAt: expiresAt, idleAt: null, onIdle: "pause" },
    pool: null,
    forkOf: null,
    liveViewUrl: `http://127.0.0.1:4000/sessions/${id}`,
    reason: null,
    vm: null,
  });
}
