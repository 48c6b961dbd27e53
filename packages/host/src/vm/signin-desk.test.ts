import { GUEST_PATHS, VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { FakeGuest } from "../guest/fake-guest.ts";
import { SigninDesk } from "./signin-desk.ts";

const VM = VmId.parse(`vm_${"a".repeat(20)}`);
const NEVER = new AbortController().signal;
const FILES = { files: [{ path: "a", json: false, optional: false }] };

const deskOf = (guest: FakeGuest, hasBrowser = true) =>
  new SigninDesk({ settled: async () => ({ guest }), get: () => ({ hasBrowser }) } as never, { patience: 1 });

const captured = (files: ReadonlyArray<{ path: string; mode: number; data: string }>) =>
  deskOf(new FakeGuest({ "signin.capture": () => ({ files: [...files] }) })).captureFiles(VM, FILES, NEVER);

test("captured files are those of the vault, whatever a guest says", async () => {
  const file = { path: ".tool/auth.json", mode: 0o600, data: "e30=" };
  expect(await captured([file])).toEqual([file]);
  await expect(captured([])).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  const bad = [
    { ...file, path: "../../etc/shadow" },
    { ...file, data: "no base64!" },
  ];
  for (const one of bad) await expect(captured([one])).rejects.toMatchObject({ code: "AGENT_PROTOCOL" });
  await expect(captured([file, file])).rejects.toMatchObject({ code: "AGENT_PROTOCOL" });
});

test("a guest's refusal has its name", async () => {
  const refused = { code: "FILE_REFUSED" as const, message: "a: it is a link", path: "a" };
  const desk = deskOf(new FakeGuest({ "signin.capture": () => ({ refused }) }));
  await expect(desk.captureFiles(VM, FILES, NEVER)).rejects.toMatchObject({
    code: "FILE_REFUSED",
    message: "a: it is a link",
    details: { path: "a" },
  });
});

test("an image without a browser has no state of one", async () => {
  const desk = deskOf(new FakeGuest({}), false);
  const unavailable = { code: "BROWSER_UNAVAILABLE" };
  await expect(desk.captureState(VM, ["https://a.example"], NEVER)).rejects.toMatchObject(unavailable);
  await expect(desk.browser(VM, NEVER)).rejects.toMatchObject(unavailable);
  await expect(desk.putState(VM, { cookies: [], storage: [] }, NEVER)).rejects.toMatchObject(unavailable);
});

test("which browser runs is told, and nothing of what it shows but that it is the start page", async () => {
  const told = (status: object) =>
    deskOf(new FakeGuest({ "browser.status": () => ({ running: true, painted: true, ...status }) })).browser(
      VM,
      NEVER,
    );
  const url = `file://${GUEST_PATHS.startPage}`;
  expect(await told({ pid: 7, url, title: "Start" })).toEqual({ pid: 7, painted: true, atStart: true });
  const secret = "https://id.example/?code=secret";
  expect(await told({ pid: 7, url: secret })).toEqual({ pid: 7, painted: true, atStart: false });
  expect(await told({ running: false, painted: false, pid: 7 })).toMatchObject({ pid: null });
});
