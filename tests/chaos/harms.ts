import type { VmAddress, VmId } from "@browservm/contract";

/** Something that is done to the network behind hostd's back, by programs that run inside its namespace. */
export interface Harm {
  readonly name: string;
  /** Codes of the repairs that it explains. */
  readonly codes: readonly string[];
  /** Codes of repairs that undo it too, when something else broke before it was seen. */
  readonly alsoBy: readonly string[];
  /** Absent: it is done to all. */
  readonly vmId?: VmId;
  /** For `sh -c`. */
  readonly script: string;
}

export interface Victim {
  readonly vmId: VmId;
  readonly address: Pick<VmAddress, "tap" | "ip">;
}

const BRIDGE = "fcbr0";
const OF_A_NEW_BRIDGE = [
  "bridge-missing",
  "bridge-mac",
  "bridge-mac-unpinned",
  "bridge-address",
  "bridge-down",
  "bridge-mtu",
  "tap-orphan",
  "canary-dead",
  "network-settings",
  "forwarding-off",
];

const ofAll: ReadonlyArray<Omit<Harm, "vmId">> = [
  {
    name: "the bridge is deleted",
    codes: ["bridge-missing"],
    alsoBy: OF_A_NEW_BRIDGE,
    script: `ip link del ${BRIDGE}`,
  },
  {
    name: "the bridge is deleted and made anew",
    codes: OF_A_NEW_BRIDGE,
    alsoBy: [],
    script: `ip link del ${BRIDGE}; ip link add ${BRIDGE} type bridge; ip link set ${BRIDGE} up; true`,
  },
  { name: "nftables is flushed", codes: ["rules-missing"], alsoBy: [], script: "nft flush ruleset" },
  {
    name: "STP is switched on",
    codes: ["bridge-stp"],
    alsoBy: ["bridge-missing"],
    script: `ip link set ${BRIDGE} type bridge stp_state 1`,
  },
];

const ofOne = ({ vmId, address: { tap, ip } }: Victim): Harm[] => {
  // To plug a TAP in sets it up, too; a TAP that goes down takes its routes with it.
  const alsoBy = ["bridge-missing", "tap-orphan", "tap-down"];
  return [
    { name: `${tap} loses its master`, codes: ["tap-orphan"], script: `ip link set ${tap} nomaster` },
    { name: `${tap} is set down`, codes: ["tap-down"], script: `ip link set ${tap} down` },
    {
      name: `the route to ${ip} is stolen`,
      codes: ["route-stolen"],
      script: `ip route replace ${ip}/32 dev ${tap}`,
    },
  ].map((harm) => ({ ...harm, vmId, alsoBy }));
};

/** The next harm; `random` answers numbers from 0 to below 1. Half of them hit all VMs, half hit one. */
export function chooseHarm(victims: readonly Victim[], random: () => number): Harm {
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  };
  return random() < 0.5 ? pick(ofAll) : pick(ofOne(pick(victims)));
}
