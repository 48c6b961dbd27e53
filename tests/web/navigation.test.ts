import { describe, expect, test } from "vitest";
import { axeFaults } from "./axe-faults.ts";
import { SOON, useConnections } from "./connections-fixture.ts";

const { web, button, rows, open, openList } = useConnections();

describe("the way to every page", () => {
  const nav = () => web.page.getByRole("navigation", { name: "Main" });

  test("each page is one link away, and the one that is shown is marked", async () => {
    await web.signIn();
    for (const [name, heading] of [
      ["Connections", "Connections"],
      ["Sign-ins", "Sign-ins"],
      ["Profiles", "Profiles"],
      ["Audit", "Audit log"],
      ["Host", "This host"],
      ["Sessions", "Sessions"],
    ] as const) {
      await nav().getByRole("link", { name }).click();
      await web.page.getByRole("heading", { name: heading, exact: true, level: 1 }).waitFor();
      expect(await nav().locator("[aria-current=page]").allTextContents()).toEqual([name]);
    }
    expect(web.complaints).toEqual([]);
  });

  test("who is no administrator has no link to the audit log, and is told so at its address", async () => {
    web.api.role = "member";
    await openList();
    expect(await nav().getByRole("link").allTextContents()).toEqual([
      "Sessions",
      "Connections",
      "Sign-ins",
      "Profiles",
      "People",
    ]);
    await web.page.goto(`${web.url}/audit`);
    await web.sees("Only administrators read the audit log");
    expect(web.api.calls).not.toContain("GET /v1/vault");
  });

  test("who may only look is offered nothing that would change a connection", async () => {
    web.api.role = "viewer";
    const { id } = web.api.connections.add({ kind: "files", health: "needs_user" });
    await open(`/connections/${id}`);
    await web.page.getByRole("region", { name: "Health" }).getByText("Needs a person").waitFor();
    for (const name of ["Sign in again", "Put into a session", "Delete"])
      expect(await button(name).count()).toBe(0);
    await web.page.goto(`${web.url}/connections`);
    await rows().first().waitFor();
    for (const name of ["Add by hand", "New sign-in"]) expect(await button(name).count()).toBe(0);
  });

  test("the first Tab offers to skip the bar, and the next one is in the content", async () => {
    await web.signIn();
    await web.page.keyboard.press("Tab");
    expect(await web.focused()).toBe("Skip to content");
    await web.page.keyboard.press("Enter");
    await web.page.keyboard.press("Tab");
    expect(await web.focused()).toBe("New session");
  });

  test("axe-core finds no fault with what is there, nor with its colours in both themes", async () => {
    // nothing is caught between two colours
    await web.reopen({ reducedMotion: "reduce" });
    const { session } = web.api.seed({ url: "https://example.com/" });
    web.api.seed({ url: "https://over.example/", status: "ended", endedAt: session.createdAt });
    web.api.connections.add({ health: "needs_user", healthReason: "invalid_grant" });
    web.api.signins.add({ state: "failed", endedAt: session.createdAt });
    web.api.people.signedIn();
    web.api.people.key();
    await web.signIn();
    for (const [path, words] of [
      ["connections", "invalid_grant"],
      ["signins", "Failed"],
      ["people", "bvm_abcdef"],
      ["", "over.example"],
      [`sessions/${session.id}`, "Proven: 10 steps"],
    ] as const) {
      await web.page.goto(`${web.url}/${path}`);
      await web.sees(words);
      expect(await axeFaults(web.page), `of /${path}`).toEqual([]);
    }
    await button("End").click();
    await web.page.getByRole("dialog").waitFor();
    expect(await axeFaults(web.page), "of a dialog").toEqual([]);
  });

  test("on a small screen it is a menu for the keyboard: Escape closes it and gives the focus back", async () => {
    await web.reopen({ viewport: { width: 360, height: 740 } });
    await openList();
    await web.tabTo("Menu");
    await web.page.keyboard.press("Enter");
    await nav().getByRole("link", { name: "Connections" }).waitFor();
    expect(await web.overflow()).toBe(0);
    await web.page.keyboard.press("Escape");
    expect(await nav().getByRole("link").count()).toBe(0);
    expect(await web.focused()).toBe("Menu");
    await web.page.keyboard.press("Enter");
    await web.tabTo("Sign-ins");
    await web.page.keyboard.press("Enter");
    await web.sees("Nobody has signed in here yet");
    await expect.poll(() => nav().getByRole("link").count(), SOON).toBe(0);
  });
});
