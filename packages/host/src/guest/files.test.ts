import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { FakeGuest } from "./fake-guest.ts";
import { getFile, putFile } from "./files.ts";

const call = { timeoutMs: 1000 };

test("a file goes over in chunks, and the last carries mode, owner and sha256", async () => {
  const chunks: Array<{ offset: number; data: string; done?: unknown }> = [];
  const guest = new FakeGuest({
    "files.put": (chunk) => {
      chunks.push(chunk);
      return { size: 0 };
    },
  });
  const content = Buffer.alloc(300_000, "abc");
  await putFile(guest, { path: "/f", mode: 0o600, owner: "browser", content }, call);
  expect(chunks.map(({ offset }) => offset)).toEqual([0, 131_072, 262_144]);
  expect(Buffer.concat(chunks.map(({ data }) => Buffer.from(data, "base64"))).equals(content)).toBe(true);
  const sha256 = createHash("sha256").update(content).digest("hex");
  expect(chunks.map(({ done }) => done)).toEqual([
    undefined,
    undefined,
    { mode: 0o600, owner: "browser", sha256 },
  ]);
});

test("an empty file is one chunk", async () => {
  const guest = new FakeGuest({ "files.put": ({ done }) => ({ size: done ? 0 : 1 }) });
  await putFile(guest, { path: "/f", mode: 0o600, owner: "root", content: new Uint8Array() }, call);
  expect(guest.asked).toEqual(["files.put"]);
});

test("a file comes back whole", async () => {
  const content = Buffer.alloc(300_000, "xyz");
  const guest = new FakeGuest({
    "files.get": ({ offset, length }) => {
      const data = content.subarray(offset, offset + length);
      return { data: data.toString("base64"), size: content.length, eof: offset + length >= content.length };
    },
  });
  expect(Buffer.from(await getFile(guest, "/f", { ...call, maxBytes: 300_000 })).equals(content)).toBe(true);
  await expect(getFile(guest, "/f", { ...call, maxBytes: 299_999 })).rejects.toMatchObject({
    code: "GUEST_CALL_FAILED",
  });
});

test("a guest that never comes to the end is not followed for ever", async () => {
  const endless = new FakeGuest({ "files.get": () => ({ data: "AAAA", size: 1, eof: false }) });
  await expect(getFile(endless, "/f", { ...call, maxBytes: 100 })).rejects.toMatchObject({
    code: "GUEST_CALL_FAILED",
  });
  const empty = new FakeGuest({ "files.get": () => ({ data: "", size: 1, eof: false }) });
  await expect(getFile(empty, "/f", { ...call, maxBytes: 100 })).rejects.toMatchObject({
    code: "AGENT_PROTOCOL",
  });
});
