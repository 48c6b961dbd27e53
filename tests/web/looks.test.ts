import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();

describe("how it looks", () => {
  test.each(["dark", "light"] as const)("it follows a system that is %s", async (colorScheme) => {
    await web.reopen({ colorScheme });
    await web.signIn();
    const background = await web.page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(background).toBe(colorScheme === "dark" ? "rgb(12, 15, 20)" : "rgb(245, 246, 248)");
  });

  test("a chosen theme wins over the system's, also after a reload", async () => {
    await web.reopen({ colorScheme: "light" });
    await web.signIn();
    await web.page.getByRole("button", { name: "Use the dark theme" }).click();
    await web.page.reload();
    await web.page.getByRole("button", { name: "Use the light theme" }).waitFor();
    expect(await web.page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
      "rgb(12, 15, 20)",
    );
  });

  test("nothing sticks out of a telephone's screen", async () => {
    await web.reopen({ viewport: { width: 390, height: 844 } });
    const { session } = web.api.seed({ url: "https://example.com/" });
    await web.signIn();
    expect(await web.overflow()).toBe(0);
    await web.page.goto(`${web.url}/sessions/${session.id}`);
    await web.page.getByText("Live", { exact: true }).waitFor();
    await web.page.getByRole("button", { name: "Show the side panel" }).click();
    await web.page.getByRole("button", { name: "TAP: proven" }).click();
    expect(await web.overflow()).toBe(0);
  });

  test("a policy with a nonce guards every page", async () => {
    const reply = await web.page.goto(`${web.url}/login`);
    const policy = (await reply?.headerValue("content-security-policy")) ?? "";
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic'/);
    expect(policy).not.toContain("unsafe");
    expect(web.complaints).toEqual([]);
  });

  test("what is not there is said so", async () => {
    await web.page.goto(`${web.url}/sessions/nonsense`);
    await web.sees("There is nothing here");
  });
});
