/**
 * The agent's one TCP port, on the guest's own address. `GET /nonce` is open and answers
 * `{vmId, nonce, bootId}`; everything else wants `Authorization: Bearer <per-VM token>`.
 * A request whose Host is not the guest's own `address:port` is refused (DNS rebinding by a page in the VM).
 * `GET /stream/vnc` with `Connection: Upgrade, Upgrade: browservm-stream` becomes the display's raw RFB bytes,
 * `GET /stream/media` picture and sound, encoded (media/wire.ts).
 * `GET|PUT|DELETE /files?path=` reads, writes and removes below the browser user's home, with that user's rights, and
 * `GET /files/list?path=` lists; `GET|PUT /profile` closes the browser and reads or replaces its profile; a refusal is `{code, error}`.
 */
export const AGENT_PORT = 8080;
export const SSH_PORT = 22;
export const STREAM_UPGRADE = "browservm-stream";
export const AGENT_PATHS = {
  nonce: "/nonce",
  health: "/health",
  vnc: "/stream/vnc",
  media: "/stream/media",
  files: "/files",
  fileList: "/files/list",
  profile: "/profile",
} as const;
