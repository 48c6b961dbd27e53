import { BrowserVmError } from "@browservm/contract";
import type { Arch } from "./recipe.ts";

/** Whose archive a package comes from. `main` and `security` are the suite's own and may be mirrored. */
export type Archive = "main" | "security" | "debian" | "debian-security";

/** One `deb` line. The address is not part of an image's identity: it says where, not what. */
export interface PackageSource {
  readonly archive: Archive;
  readonly suite: string;
  readonly components: readonly string[];
  /** Keyring file on this machine, and the package that brings it. */
  readonly keyring: { readonly file: string; readonly package: string };
}

/** Where a suite's browser comes from, and how to know that it is one. */
export interface BrowserSource {
  readonly packages: readonly string[];
  /** The program itself, not the distribution's wrapper script. */
  readonly executable: string;
  /** Sources beside the suite's own; `pin` (apt_preferences(5)) keeps everything else from coming from there. */
  readonly sources: readonly PackageSource[];
  readonly pin: string;
}

/** One release of a distribution: its archives, its kernel for guests, its browser. */
export interface Suite {
  readonly name: string;
  readonly distribution: "debian" | "ubuntu";
  readonly sources: readonly PackageSource[];
  readonly archives: Readonly<Record<Arch, Readonly<Record<Archive, string>>>>;
  readonly kernel: Readonly<Record<Arch, readonly string[]>>;
  readonly browser: BrowserSource;
}

const DEBIAN_KEYS = {
  file: "/usr/share/keyrings/debian-archive-keyring.gpg",
  package: "debian-archive-keyring",
};
const UBUNTU_KEYS = { file: "/usr/share/keyrings/ubuntu-archive-keyring.gpg", package: "ubuntu-keyring" };
const DEBIAN = {
  debian: "http://deb.debian.org/debian",
  "debian-security": "http://deb.debian.org/debian-security",
} as const;
const CHROMIUM = {
  packages: ["chromium", "chromium-sandbox"],
  executable: "/usr/lib/chromium/chromium",
} as const;

function debian(name: "bookworm" | "trixie"): Suite {
  const source = (archive: Archive, suite: string): PackageSource => ({
    archive,
    suite,
    components: ["main"],
    keyring: DEBIAN_KEYS,
  });
  const archives = { ...DEBIAN, main: DEBIAN.debian, security: DEBIAN["debian-security"] };
  return {
    name,
    distribution: "debian",
    sources: [
      source("main", name),
      source("main", `${name}-updates`),
      source("security", `${name}-security`),
    ],
    archives: { amd64: archives, arm64: archives },
    kernel: { amd64: ["linux-image-cloud-amd64"], arm64: ["linux-image-cloud-arm64"] },
    browser: { ...CHROMIUM, sources: [], pin: "" },
  };
}

/**
 * Ubuntu's `chromium-browser` only installs a snap (and noble's even says that it provides `chromium`), so the
 * browser comes from Debian bookworm, whose build wants libc6 ≥ 2.35. Libraries under names that Ubuntu does not have
 * come with it; `newer` names those that Ubuntu has, but too old.
 */
const chromiumFromDebian = (newer: readonly string[]): BrowserSource => ({
  ...CHROMIUM,
  sources: [
    { archive: "debian", suite: "bookworm", components: ["main"], keyring: DEBIAN_KEYS },
    { archive: "debian-security", suite: "bookworm-security", components: ["main"], keyring: DEBIAN_KEYS },
  ],
  pin: `Package: *
Pin: release o=Debian
Pin-Priority: 100

Package: ${["chromium", "chromium-common", "chromium-sandbox", ...newer].join(" ")}
Pin: release o=Debian
Pin-Priority: 990

Package: chromium-browser snapd
Pin: release *
Pin-Priority: -1
`,
});

/** What Debian's Chromium needs newer than the release has it. Same sonames, so the rest of it goes on working. */
const TOO_OLD = {
  jammy: ["libharfbuzz-subset0", "libharfbuzz0b", "libopenjp2-7", "libzstd1"],
  noble: [],
} as const;

/**
 * jammy's first kernel (5.15) keeps erofs in a package with 250 MB of firmware behind it; its later one (6.8) has all
 * that a guest needs in one.
 */
const UBUNTU_KERNEL = { jammy: "linux-image-virtual-hwe-22.04", noble: "linux-image-virtual" } as const;

function ubuntu(name: "jammy" | "noble"): Suite {
  const source = (archive: Archive, suite: string): PackageSource => ({
    archive,
    suite,
    components: ["main", "universe"],
    keyring: UBUNTU_KEYS,
  });
  const archives = (main: string, security: string) => ({ ...DEBIAN, main, security });
  const ports = "http://ports.ubuntu.com/ubuntu-ports";
  return {
    name,
    distribution: "ubuntu",
    sources: [
      source("main", name),
      source("main", `${name}-updates`),
      source("security", `${name}-security`),
    ],
    archives: {
      amd64: archives("http://archive.ubuntu.com/ubuntu", "http://security.ubuntu.com/ubuntu"),
      arm64: archives(ports, ports),
    },
    kernel: { amd64: [UBUNTU_KERNEL[name]], arm64: [UBUNTU_KERNEL[name]] },
    browser: chromiumFromDebian(TOO_OLD[name]),
  };
}

/** Every suite that images can be built from. */
export const suites: readonly Suite[] = [
  debian("bookworm"),
  debian("trixie"),
  ubuntu("jammy"),
  ubuntu("noble"),
];

/** The suite of that name; RECIPE_INVALID names the known ones. */
export function suiteNamed(name: string): Suite {
  const found = suites.find((suite) => suite.name === name);
  if (found) return found;
  const known = suites.map((suite) => suite.name);
  throw new BrowserVmError("RECIPE_INVALID", `there is no suite ${name}`, { suite: name, known });
}
