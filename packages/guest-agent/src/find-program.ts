import { accessSync, constants } from "node:fs";
import { SYSTEM_PATH } from "./browser-user.ts";

/** The path of a program of the image, or undefined. An absolute path is looked at as it is. */
export function findProgram(name: string): string | undefined {
  const candidates = name.startsWith("/")
    ? [name]
    : SYSTEM_PATH.split(":").map((directory) => `${directory}/${name}`);
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false; // not there
    }
  });
}
