import * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use

/** Where the guest finds what the host put into its initramfs, and where the agent reads the manifest. */
export const GUEST_PATHS = {
  manifest: "/run/browservm/manifest.json",
  environment: "/etc/browservm/session.env",
  agent: "/usr/lib/browservm/agent.mjs",
  /** The program that captures and encodes, and the native part of its FFI; in images with a browser. */
  media: "/usr/lib/browservm/media.mjs",
  mediaNative: "/usr/lib/browservm/koffi.node",
  /** Where GStreamer keeps what it knows of its plug-ins, so that no VM has to look at each of them again. */
  gstRegistry: "/var/cache/browservm/gstreamer-registry.bin",
  fileWorker: "/usr/lib/browservm/file-worker.mjs",
  signinWorker: "/usr/lib/browservm/signin-worker.mjs",
  /** Programs that stand for a browser where a tool signs in. */
  signinShims: "/usr/lib/browservm/signin",
  node: "/usr/lib/browservm/node",
  npm: "/usr/lib/browservm/npm",
  startPage: "/usr/share/browservm/start.html",
  imageInfo: "/etc/browservm/image.json",
} as const;

export const ManifestEntry = z.object({
  path: z.string().max(512),
  mode: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
/** The list of injected files that the agent checks before it says that all is well. */
export const Manifest = z.object({ version: z.literal(1), files: z.array(ManifestEntry).max(256) });
export type Manifest = z.infer<typeof Manifest>;
