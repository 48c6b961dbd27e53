import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();

describe("a session's own path", () => {
  const openSession = async () => {
    const { session } = web.api.seed({ url: "https://example.com/" });
    await web.signIn();
    await web.page.goto(`${web.url}/sessions/${session.id}`);
    await web.page.getByText("Live", { exact: true }).waitFor();
    return session;
  };
  /** Its TAP loses the bridge, and the proof that runs on notices it. */
  const fallIll = () => {
    const { id, vm } = web.api.only.session;
    if (vm === null) return expect.fail("it has no VM");
    web.api.host.orphans.push({ vmId: vm.id, tap: "bv-7" });
    const health = { at: new Date().toISOString(), verdict: "faults" as const, codes: ["tap-orphan"] };
    web.api.change(id, { vm: { ...vm, health } }, "vm.health");
  };

  test("an edge turns red when a later proof fails, and Enter on it opens the finding with its fix", async () => {
    await openSession();
    fallIll();
    const edge = web.page.getByRole("button", { name: "TAP: failed" });
    await edge.focus();
    await web.page.keyboard.press("Enter");
    await web.sees("bv-7 exists and is up, but hangs on no bridge");
    await web.page.getByRole("button", { name: "Path: suffers from another part" }).waitFor();
    await web.page.getByRole("button", { name: "Fix" }).click();
    await web.page.getByRole("button", { name: "Do it" }).click();
    await web.sees("Looked again: Healthy");
    expect(web.complaints).toEqual([]);
  });

  test("“Why?” runs the doctor for this session and shows the whole report", async () => {
    await openSession();
    fallIll();
    await web.sees("The network of this session has a fault");
    await web.page.getByRole("tab", { name: "About" }).click();
    await web.page.getByRole("button", { name: "Why?" }).click();
    await web.sees("1 cause found, which explains 3 symptoms.");
    await web.sees("Everything that was looked at");
  });

  test("a repair of its VM is noted for a while", async () => {
    const { id } = await openSession();
    const at = new Date(Date.now() - 12_000).toISOString();
    web.api.tell(id, "network.repair", web.api.host.repaired({ at, cause: "bv-7 was down" }));
    await web.sees(/Healed 1\d s ago:/);
    await web.sees("bv-7 was down");
  });

  test("a repair from before the page was opened is noted, too", async () => {
    const { session } = web.api.seed({ url: "https://example.com/" });
    web.api.tell(session.id, "network.repair", web.api.host.repaired());
    await web.signIn();
    await web.page.goto(`${web.url}/sessions/${session.id}`);
    await web.sees("bv-2 had lost its bridge");
  });

  test("a user may ask why, but only an administrator may fix", async () => {
    web.api.role = "member";
    await openSession();
    fallIll();
    await web.page.getByRole("button", { name: "Why?" }).click();
    await web.sees("1 cause found");
    expect(await web.page.getByRole("button", { name: "Fix" }).count()).toBe(0);
  });

  test("a viewer sees the red edge, and cannot ask", async () => {
    web.api.role = "link";
    await openSession();
    fallIll();
    await web.page.getByRole("button", { name: "TAP: failed" }).waitFor();
    expect(await web.page.getByRole("button", { name: "Why?" }).count()).toBe(0);
    expect(await web.page.getByRole("button", { name: "Run doctor" }).count()).toBe(0);
  });
});
