import { describe, expect, test } from "vitest";
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
