import { expect, test } from "vitest";
import { closePidfd, hasExited, openPidfd, signalPidfd } from "./pidfd.ts";

test("a pidfd of a live process says that it has not exited, and signal delivery is confirmed", () => {
  const fd = openPidfd(process.pid);
  if (fd === undefined) throw new Error("we are alive");
  expect(hasExited(fd)).toBe(false);
  expect(signalPidfd(fd, "SIGCONT")).toBe(true);
  closePidfd(fd);
});

test("a pid that does not exist gives no pidfd", () => {
  expect(openPidfd(2 ** 22 + 1)).toBeUndefined();
});
