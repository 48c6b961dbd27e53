import { accessSync, constants } from "node:fs";
import { SYSTEM_PATH } from "./browser-user.ts";

/** The path of a program of the image, or undefined. */
export function findProgram(name: string): string | undefined {
  return SYSTEM_PATH.split(":")
    .map((directory) => `${directory}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false; // not there
      }
    });
}
