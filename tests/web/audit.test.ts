import { describe, expect, test } from "vitest";
import { SOON, useConnections } from "./connections-fixture.ts";

const { web, button, open } = useConnections();

describe("the audit log", () => {
  const lines = () => web.page.getByRole("table", { name: "Audit log" }).getByRole("row");
  const openAudit = async () => {
    await open("/audit");
    await web.page.getByRole("heading", { name: "Audit log" }).waitFor();
  };

  test("says who did what, when, with what, in which request; by cursor and by filter", async () => {
    const { id } = web.api.connections.add();
    for (let count = 0; count < 120; count += 1) web.api.connections.write({ connectionId: id });
    const actor = { kind: "cookie", id: "lnk_1", name: "ada" } as const;
    web.api.connections.write({
      action: "vault.rotation_done",
      actor,
      connectionId: null,
      requestId: "req_9",
    });
    await openAudit();
    const newest = lines().nth(1);
    for (const words of ["121", "ada (page)", "Change of the vault’s key done", "req_9"])
      await newest.getByText(words).waitFor();
    await web.sees("100 loaded");
    await button("Load older ones").click();
    await web.sees("121 loaded: that is all there is");
    await web.page.getByLabel("Which entries").selectOption("vault");
    await expect.poll(() => lines().count(), SOON).toBe(2);
    await web.page.getByRole("searchbox").fill("robot");
    await web.sees("None of the 121 entries that are loaded fits.");
    expect(web.complaints).toEqual([]);
  });

  test("is verified with the hash to note, or the entry that was changed, and exported as a file", async () => {
    web.api.connections.write();
    web.api.connections.write();
    await openAudit();
    await button("Verify").click();
    await web.sees("All 2 entries are as they were written");
    await web.sees("2".padStart(64, "a"));
    web.api.connections.brokenAt = 1;
    await button("Verify").click();
    await web.page.getByRole("alert").getByText("Entry 1 is not as it was written").waitFor();
    const download = web.page.waitForEvent("download");
    await web.page.getByRole("link", { name: "Export" }).click();
    expect((await download).suggestedFilename()).toBe("browservm-audit.ndjson");
    const stream = await (await download).createReadStream();
    expect(Buffer.concat(await stream.toArray()).toString()).toBe(web.api.connections.exported);
  });

  test("an empty one says what would be in it", async () => {
    await openAudit();
    await web.sees("Each use of a secret is written here before it is handed out");
  });
});
