import type { VmmSettings } from "../../packages/host/src/vmm/drivers.ts";
import { firecrackerSettings, standInSettings } from "./vmm-fixtures.ts";

export interface FirecrackerSubject {
  readonly name: string;
  /** `directory` is for programs that are made for the test. */
  readonly settings: (directory: string) => Promise<VmmSettings>;
}

/** The real one that `BROWSERVM_FIRECRACKER` names; none of its tests needs a guest that boots, but `/dev/kvm` must open. */
const real = process.env.BROWSERVM_FIRECRACKER;

/** What the tests of Firecracker's driver run against: the stand-in always, the real one where it is given. */
export const FIRECRACKERS: readonly FirecrackerSubject[] = [
  { name: "the stand-in", settings: standInSettings },
  ...(real ? [{ name: real, settings: async () => firecrackerSettings(real) }] : []),
];
