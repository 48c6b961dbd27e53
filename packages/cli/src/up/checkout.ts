import { join } from "node:path";

/** Root of the checkout that this command runs from. */
export const CHECKOUT = join(import.meta.dirname, "../../../..");

/** Packages with a program that runs on a machine or in its guests, beside the page (which Next packs by itself). */
export const PROGRAMS = ["host", "controller", "gateway", "guest-agent"] as const;
