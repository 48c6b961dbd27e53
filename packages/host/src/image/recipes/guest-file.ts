import { readFileSync } from "node:fs";
import { join } from "node:path";

const DIRECTORY = join(import.meta.dirname, "..", "guest");

/** The text of one of the files that we bring into guests, by its name in `image/guest`. */
export const guestFile = (name: string): string => readFileSync(join(DIRECTORY, name), "utf8");
