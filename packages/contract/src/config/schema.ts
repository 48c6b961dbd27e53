import { z } from "zod";
import { PoolName, PoolSpec } from "../api/pool.ts";
import { VideoCodec } from "../media/wire.ts";
import { Ipv4, Ipv4Cidr, LinkName } from "../net.ts";
import { Auth } from "./auth.ts";
import { Profiles } from "./profiles.ts";
import { Signins } from "./signins.ts";

const Network = z.strictObject({
  namespace: z
    .enum(["isolated", "host"])
    .default("isolated")
    .describe(
      "`isolated`: bridge, TAPs and rules live in a network namespace of their own; `host`: in the machine's",
    ),
  namespaceName: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default("browservm")
    .describe("Name of that namespace under /run/netns"),
  uplink: z
    .enum(["auto", "none"])
    .default("auto")
    .describe("`auto`: guests reach the internet through this machine; `none`: they reach nothing outside"),
  bridge: LinkName.default(LinkName.parse("fcbr0")).describe("Name of the bridge"),
  cidr: Ipv4Cidr.default(Ipv4Cidr.parse("192.168.100.0/24")).describe(
    "Address range of the guests, /30 to /20; its first address is the gateway",
  ),
  mtu: z.int().min(1280).max(9000).default(1500).describe("MTU of bridge, TAPs and guests, in bytes"),
  dns: z
    .array(Ipv4)
    .max(4)
    .default([])
    .describe("Resolvers for the guests; empty = what the machine uses, if guests can reach it"),
  exitCheckUrl: z
    .union([z.literal(""), z.url({ protocol: /^https?$/ }).max(1024)])
    .default("")
    .describe(
      "Answers the address that it is asked from, as text or as JSON with `ip`: asked through a session's proxy, and directly, to learn where that comes out; empty = not asked",
    ),
  restSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(60)
    .describe("How long a released address rests before it is used again"),
  heal: z
    .enum(["auto", "never"])
    .default("auto")
    .describe("`auto`: what breaks in the guests' network is repaired at once; `never`: it is only reported"),
});

const Vmm = z.strictObject({
  driver: z
    .enum(["auto", "firecracker", "qemu", "container", "fake"])
    .default("auto")
    .describe(
      "Which VMM runs the VMs; `auto`: Firecracker where it is installed and boots a kernel, else QEMU; `container`: no VM but namespaces of this machine's kernel, which isolate less (docs/container.md)",
    ),
  firecracker: z
    .union([z.literal(""), z.string().startsWith("/")])
    .default("")
    .describe(
      "Path of Firecracker; empty = what `browservm setup firecracker` installed, else the one on the PATH",
    ),
  jailer: z
    .union([z.literal(""), z.string().startsWith("/")])
    .default("")
    .describe("Path of Firecracker's jailer, of the same version; empty = found as Firecracker is"),
  balloon: z
    .boolean()
    .default(false)
    .describe(
      "Firecracker: gives every guest a memory balloon, which takes pages back when the guest runs out",
    ),
  diskMibPerSecond: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe("Firecracker: what a VM may read and write on each of its disks, in MiB/s; 0 = no limit"),
  networkMibPerSecond: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe("Firecracker: what a VM may send, and receive, in MiB/s each; 0 = no limit"),
  accelerator: z
    .enum(["auto", "kvm", "tcg"])
    .default("auto")
    .describe("`auto`: KVM where it really boots a kernel, else emulation"),
  consoleMib: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe("Size at which a VM's console and VMM logs are cut, in MiB"),
});

const Turn = z.strictObject({
  urls: z
    .array(z.string().regex(/^turns?:[^\s?]{1,253}(\?transport=(udp|tcp))?$/))
    .max(4)
    .default([])
    .describe("Relays for viewers whom no other way lets through, e.g. `turn:turn.example.com:3478`"),
  secretFile: z
    .string()
    .default("")
    .describe("File with the secret that the relay shares with us (coturn: `static-auth-secret`)"),
  lifetimeSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(3600)
    .describe("How long the credentials that a viewer gets can begin a relayed connection"),
});

const Media = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(4001)
    .describe("UDP and TCP port of WebRTC, one for all sessions; 0 = no WebRTC, video by WebSocket only"),
  listen: z
    .string()
    .default("")
    .describe("Address on which that port is opened; empty = the one of `listen`"),
  announce: z
    .array(z.string().min(1).max(253))
    .max(8)
    .default([])
    .describe("Addresses under which viewers reach that port (LAN, public); empty = those of this machine"),
  codec: VideoCodec.default("vp8").describe("Codec of the picture where nobody chooses another"),
  fps: z.int().min(1).max(60).default(30).describe("Most frames per second"),
  maxKbps: z
    .int()
    .min(100)
    .max(20_000)
    .default(4000)
    .describe("Most kilobits per second of one session's picture"),
  turn: Turn.prefault({}),
});

const Image = z.strictObject({
  suite: z
    .enum(["bookworm", "trixie", "jammy", "noble"])
    .default("bookworm")
    .describe("Distribution of the golden images"),
  mirror: z.string().default("").describe("Package mirror; empty = the distribution's own"),
  securityMirror: z.string().default("").describe("Security mirror; empty = the distribution's own"),
  npmRegistry: z
    .string()
    .default("")
    .describe("npm registry for the guest's Node runtime and npm; empty = npm's own configuration"),
});

const Limits = z.strictObject({
  sessions: z.int().min(1).max(1000).default(50).describe("Sessions that may exist at one time"),
  launches: z.int().min(1).max(64).default(4).describe("VMs that may boot at one time"),
  restores: z
    .int()
    .min(1)
    .max(256)
    .default(32)
    .describe("VMs that may be restored from a snapshot at one time"),
  refills: z.int().min(1).max(32).default(2).describe("VMs of pools that may be made at one time"),
  sessionTtlSeconds: z
    .int()
    .min(30)
    .max(604_800)
    .default(3600)
    .describe("Time to live of a session that does not say"),
  sessionMaxSeconds: z
    .int()
    .min(0)
    .max(2_592_000)
    .default(0)
    .describe("Seconds after which a session ends whatever happens; 0 = never"),
  idleSeconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(0)
    .describe("Seconds without input or a call after which a session is paused or ended; 0 = never"),
  onIdle: z
    .enum(["pause", "end"])
    .default("pause")
    .describe("What happens to an idle session; where nothing can be paused it is left alone"),
  warnSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(60)
    .describe("How long before a time-out its warning is told, in seconds"),
  fileMib: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(2048)
    .describe("Size of the largest file that goes into a session or out of it, in MiB"),
  timeoutScale: z
    .number()
    .min(0.1)
    .max(20)
    .default(1)
    .describe("Multiplies every deadline; raise it on a slow or loaded machine"),
  stabilitySeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .describe("Seconds between two proofs that a ready VM is still reachable; 0 = never"),
  evidenceDays: z.int().min(0).max(365).default(7).describe("Days that the evidence of a failed VM is kept"),
  eventDays: z.int().min(1).max(365).default(7).describe("Days that events and ended sessions are kept"),
});

const Snapshots = z.strictObject({
  use: z
    .enum(["auto", "never"])
    .default("auto")
    .describe(
      "`auto`: an image is booted and frozen once, and every VM of its default size starts from that; `never`: every VM boots",
    ),
  keep: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("Golden snapshots that are kept at most; the longest unused goes first"),
  compressPaused: z
    .boolean()
    .default(true)
    .describe("Paused VMs are compressed in the background: a fraction of the disk, a slower resume"),
});

const Vault = z.strictObject({
  keyFrom: z
    .enum(["file", "env", "command"])
    .default("file")
    .describe(
      "Where the master key comes from; `env`: the variable BVM_VAULT_KEY; `command`: what `vault.keyCommand` prints",
    ),
  keyFile: z
    .union([z.literal(""), z.string().startsWith("/")])
    .default("")
    .describe(
      "The key's file, mode 0600; empty = vault.key beside the controller's database, made when needed",
    ),
  keyCommand: z
    .array(z.string().max(4096))
    .max(64)
    .default([])
    .describe("Program and arguments that print the master key, e.g. of a KMS; no shell is involved"),
  checkSeconds: z
    .int()
    .min(5)
    .max(86_400)
    .default(300)
    .describe("Seconds between two looks at the health of a connection, give or take a fifth"),
  connections: z.int().min(1).max(100_000).default(1000).describe("Connections that may exist at one time"),
});

const Pools = z
  .array(PoolSpec.extend({ name: PoolName }))
  .max(16)
  .refine((pools) => new Set(pools.map(({ name }) => name)).size === pools.length, "two have the same name")
  .default([])
  .describe(
    "VMs that are kept ready: a list of `{name, image, size, vcpus, memoryMib}`; as JSON in a variable",
  );

const Clipboard = z.strictObject({
  toGuest: z
    .boolean()
    .default(true)
    .describe(
      "Whether who has the control may put text and images on a VM's clipboard; a session may allow less",
    ),
  fromGuest: z
    .boolean()
    .default(true)
    .describe("Whether viewers get the text that is copied in a VM; a session may allow less"),
});

/** Every setting. Environment (BROWSERVM_NETWORK__CIDR) > file (YAML) > default. Unknown keys are refused by name. */
export const Config = z.strictObject({
  listen: z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/)
    .default("127.0.0.1:4000")
    .describe("Address of page, REST and WebSocket"),
  webListen: z
    .string()
    .regex(/^127\.0\.0\.1:\d{1,5}$/)
    .default("127.0.0.1:3000")
    .describe("Loopback address of the page's own server, behind the controller"),
  publicUrl: z
    .string()
    .default("")
    .describe("The address that people use, e.g. behind a reverse proxy; empty = http://<listen>"),
  trustedProxies: z
    .array(z.string())
    .max(32)
    .default([])
    .describe("Addresses whose X-Forwarded-* headers are believed"),
  stateDir: z.string().startsWith("/").default("/var/lib/browservm").describe("Images, VMs, databases"),
  runDir: z
    .string()
    .startsWith("/")
    .max(60)
    .default("/run/browservm")
    .describe("Sockets and pid files; short, for unix sockets end at 107 bytes"),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .default("browservm")
    .describe("System user of controller and page"),
  logLevel: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("Least important log level that is written"),
  network: Network.prefault({}),
  vmm: Vmm.prefault({}),
  media: Media.prefault({}),
  clipboard: Clipboard.prefault({}),
  image: Image.prefault({}),
  limits: Limits.prefault({}),
  snapshots: Snapshots.prefault({}),
  vault: Vault.prefault({}),
  profiles: Profiles.prefault({}),
  signins: Signins.prefault({}),
  auth: Auth.prefault({}),
  pools: Pools,
});
export type Config = z.infer<typeof Config>;
