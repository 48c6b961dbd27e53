export interface Tier {
  readonly name: string;
  /** npm script that runs it. */
  readonly script: string;
  readonly what: string;
  /** It boots golden images. */
  readonly needsImages?: boolean;
  /** It opens the page in a Chromium of this machine. */
  readonly needsChromium?: boolean;
  /** It opens the page in a Firefox, too, which must have something to play sound to. */
  readonly needsFirefox?: boolean;
  /** It lets pictures through a relay. */
  readonly needsTurnserver?: boolean;
}

/** The tiers in the order in which they run; defined in CONTRIBUTING.md. */
export const TIERS: readonly Tier[] = [
  { name: "unit", script: "test:unit", what: "logic and API: no root, no processes" },
  { name: "cli", script: "test:cli", what: "the launcher and the command as processes" },
  { name: "netns", script: "test:netns", what: "real kernel in a network namespace" },
  { name: "lab", script: "test:lab", what: "faults injected on a real kernel, named and healed" },
  { name: "vm", script: "test:vm", what: "real VMs", needsImages: true },
  {
    name: "web",
    script: "test:web",
    what: "the page in a real browser",
    needsImages: true,
    needsChromium: true,
    needsFirefox: true,
    needsTurnserver: true,
  },
];

export const TIER_NAMES: readonly string[] = TIERS.map(({ name }) => name);
