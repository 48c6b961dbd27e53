import { expect, test } from "vitest";
import { tunnelLine } from "./announce.ts";

const local = { listen: "127.0.0.1:4000", publicUrl: "" };

test("a person who came by SSH gets the line for a tunnel to the same port", () => {
  const env = { SSH_CONNECTION: "10.0.0.9 50000 10.0.0.7 22", USER: "root", SUDO_USER: "ada" };
  expect(tunnelLine(local, env)).toBe("ssh -L 4000:127.0.0.1:4000 ada@10.0.0.7");
});

test("a machine with a display, a public address, or another listener needs no tunnel", () => {
  expect(tunnelLine(local, { DISPLAY: ":0" })).toBeUndefined();
  expect(tunnelLine({ ...local, publicUrl: "https://vm.example.org" }, {})).toBeUndefined();
  expect(tunnelLine({ listen: "0.0.0.0:4000", publicUrl: "" }, {})).toBeUndefined();
});

test("a headless machine gets the line with its own name", () => {
  expect(tunnelLine(local, {})).toMatch(/^ssh -L 4000:127\.0\.0\.1:4000 root@\S+$/);
});
