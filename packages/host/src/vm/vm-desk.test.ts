import { createHash } from "node:crypto";
import { VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { FakeGuest } from "../guest/fake-guest.ts";
import type { VmDeps } from "./vm-deps.ts";
import { VmDesk } from "./vm-desk.ts";
import type { VmService } from "./vm-service.ts";

const VM = VmId.parse(`vm_${"a".repeat(20)}`);

test("files with secrets go over the control channel into the home, for the browser's user", async () => {
  const put: unknown[] = [];
  const guest = new FakeGuest({
    "files.put": (params) => {
      put.push(params);
      return { size: 3 };
    },
  });
  const vms = { settled: async () => ({ guest }) } as unknown as VmService;
  const desk = new VmDesk(vms, { patience: 1 } as VmDeps);
  const data = Buffer.from("abc").toString("base64");
  const files = [
    { path: ".tool/auth.json", mode: 0o600, data },
    { path: "b", mode: 0o640, data },
  ];
  await desk.putSecrets(VM, files, new AbortController().signal);
  const sha256 = createHash("sha256").update("abc").digest("hex");
  expect(put).toEqual([
    {
      path: "/home/browser/.tool/auth.json",
      offset: 0,
      data,
      done: { mode: 0o600, sha256, owner: "browser" },
    },
    { path: "/home/browser/b", offset: 0, data, done: { mode: 0o640, sha256, owner: "browser" } },
  ]);
});

test("an image for the clipboard goes in pieces, each of which says how large it is, where there is a browser", async () => {
  const pieces: { offset: number; size: number; bytes: number }[] = [];
  const guest = new FakeGuest({
    "clipboard.put": ({ offset, size, data }) => {
      pieces.push({ offset, size, bytes: Buffer.from(data, "base64").length });
      return {};
    },
  });
  const vms = { settled: async () => ({ guest }), get: () => ({ hasBrowser: true }) } as unknown as VmService;
  const desk = new VmDesk(vms, { patience: 1 } as VmDeps);
  await desk.putClipboardImage(VM, new Uint8Array(131_072 + 5), new AbortController().signal);
  expect(pieces).toEqual([
    { offset: 0, size: 131_077, bytes: 131_072 },
    { offset: 131_072, size: 131_077, bytes: 5 },
  ]);
});
