import { join } from "node:path";

/** Root of the checkout that this command runs from. */
export const CHECKOUT = join(import.meta.dirname, "../../../..");

/** Packages that run on a machine, beside the page (which Next packs by itself). */
export const RELEASED_PACKAGES = ["contract", "sdk", "host", "controller", "gateway", "guest-agent"] as const;
