import type { Signin } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { signinFact } from "../../packages/web/src/lib/testing/connection-facts.ts";
import { displayPixel } from "./chromium.ts";
import { WebFixture } from "./web-fixture.ts";

const SOON = { timeout: 10_000 };
const web = WebFixture.use();
const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
const button = (name: string | RegExp) => web.page.getByRole("button", { name });
const rows = () => web.page.getByRole("list", { name: "Sign-ins" }).getByRole("listitem");
const guide = () => web.page.getByRole("complementary", { name: "Guide" });
const steps = () => guide().getByRole("list", { name: "Steps of the sign-in" }).getByRole("listitem");

const open = async (path = "/signins") => {
  await web.signIn();
  await web.page.goto(`${web.url}${path}`);
};
const openSignin = async ({ id }: Signin) => {
  await open(`/signins/${id}`);
  await guide().waitFor();
};
const live = () => web.page.getByText("Live", { exact: true }).waitFor();

describe("starting a sign-in", () => {
  const start = () => dialog("New sign-in");

  test("with the keyboard alone, at a tool that is known here", async () => {
    await open();
    await web.sees("Nobody has signed in here yet");
    await web.tabTo("New sign-in");
    await web.page.keyboard.press("Enter");
    await start().getByText("Gemini CLI").waitFor();
    await start().getByRole("radio", { name: "Codex" }).focus();
    await web.page.keyboard.press("ArrowDown");
    await web.page.keyboard.press("Enter");
    await web.page.waitForURL("**/signins/sgn_*");
    await guide().getByRole("heading", { name: "Sign in to gemini_cli" }).waitFor();
    expect(web.api.signins.asked).toMatchObject([{ provider: "gemini_cli", expiresIn: 900 }]);
    expect(web.complaints).toEqual([]);
  });

  test("at an OAuth provider, whose client’s secret is never written into the page", async () => {
    await open();
    await button("New sign-in").click();
    await start().getByRole("radio", { name: "Another OAuth provider" }).check();
    await start().getByRole("button", { name: "Start" }).click();
    await start().getByText("The name of the client at the provider.").waitFor();
    await start().getByText("Small letters, digits, dots and dashes; at most 60.").waitFor();
    await start().getByLabel("Name it").fill("example");
    await start().getByLabel("Issuer").fill("https://id.example");
    await start().getByLabel("Client id").fill("app");
    await start().getByLabel("Client secret").fill("planted-client-secret");
    await start().getByLabel("Scopes").fill("openid  offline_access");
    await start().getByText("Device code, endpoints, audience, parameters, redirect").click();
    await start().getByLabel("Redirect port").fill("80");
    await start().getByRole("button", { name: "Start" }).click();
    await start().getByText("0 for any that is free, or 1024 to 65535.").waitFor();
    await start().getByLabel("Redirect port").fill("8765");
    expect(await web.page.content()).not.toContain("planted-client-secret");
    await start().getByRole("button", { name: "Start" }).click();
    await web.page.waitForURL("**/signins/sgn_*");
    expect(await web.page.content()).not.toContain("planted-client-secret");
    expect(web.api.signins.asked).toMatchObject([
      {
        provider: "example",
        settings: {
          recipe: "oauth",
          client: { issuer: "https://id.example", clientId: "app", clientSecret: "planted-client-secret" },
          scopes: ["openid", "offline_access"],
          redirect: { port: 8765, path: "/callback" },
        },
      },
    ]);
  });

  test("at a website, of whose origins the state is captured", async () => {
    await open();
    await button("New sign-in").click();
    await start().getByRole("radio", { name: "A website" }).check();
    await start().getByLabel("Name it").fill("shop");
    await start().getByLabel("Page to sign in at").fill("https://shop.example/login");
    await start().getByLabel("Origins").fill("https://shop.example/path");
    await start().getByRole("button", { name: "Start" }).click();
    await start().getByText("1 to 20 origins").waitFor();
    await start().getByLabel("Origins").fill("https://shop.example\nhttps://api.shop.example");
    await start().getByRole("button", { name: "Start" }).click();
    await web.page.waitForURL("**/signins/sgn_*");
    const origins = ["https://shop.example", "https://api.shop.example"];
    expect(web.api.signins.asked).toMatchObject([{ settings: { recipe: "cookies", origins } }]);
  });
});

describe("a sign-in that goes on", () => {
  test("shows what to do beside the live browser, in which one can type", async () => {
    const signin = web.api.signins.waiting();
    await openSignin(signin);
    await live();
    await guide().getByText("Sign in here, we continue by ourselves").waitFor();
    await guide().getByText("Sign in with your account in the browser beside.").waitFor();
    await guide().getByText("https://id.example/authorize?client_id=app&scope=openid").waitFor();
    await button("Copy the address").waitFor();
    await guide()
      .getByRole("timer")
      .getByText(/^14:\d\d left$/)
      .waitFor();
    await guide().getByRole("region", { name: "What is captured" }).getByText("access and refresh").waitFor();
    await guide().getByRole("region", { name: "What is not" }).getByText("your password").waitFor();
    await expect.poll(() => displayPixel(web.page, 20, 20), { timeout: 15_000 }).toEqual([52, 92, 224]);
    await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await web.page.keyboard.press("a");
    await expect.poll(() => web.api.only.display.keys, SOON).toEqual([0x61]);
    for (const name of ["End", "Pause this session", "Fork this session"])
      expect(await button(name).count()).toBe(0);
    expect(web.complaints).toEqual([]);
  });

  test("says that its page is open, and follows its state by events to the connection", async () => {
    const { id } = web.api.connections.add({ provider: "example" });
    const signin = web.api.signins.waiting();
    await openSignin(signin);
    await expect.poll(() => web.api.signins.beats, SOON).toBeGreaterThan(0);
    await live();
    web.api.signins.change(signin.id, {
      state: "capturing",
      guide: null,
      steps: [...signin.steps, { step: "capture", at: new Date().toISOString() }],
    });
    await web.page.getByRole("banner").getByText("Capturing").waitFor();
    await expect.poll(() => steps().nth(3).getAttribute("data-state"), SOON).toBe("pass");
    await expect.poll(() => steps().nth(4).getAttribute("data-state"), SOON).toBe("running");
    const ended = { state: "completed", endedAt: new Date().toISOString(), connectionId: id } as const;
    web.api.signins.change(signin.id, { ...ended, subject: "ada" });
    await web.page.getByRole("heading", { name: "Signed in at example as ada" }).waitFor();
    await guide().getByRole("region", { name: "What was captured" }).waitFor();
    await web.sees("Its machine is being destroyed…");
    web.api.signins.change(signin.id, { sessionOver: true });
    await web.sees("all that was typed there are destroyed");
    await web.page.getByRole("link", { name: "Open the connection" }).click();
    await web.page.waitForURL(`**/connections/${id}`);
  });

  test("shows a device’s code, and asks for a word where nothing else tells that it is done", async () => {
    const text = "Open the address on any device, and type the code.";
    const guideOf = { text, url: "https://id.example/device", userCode: "WDJB-MJHT", needsConfirm: true };
    const signin = web.api.signins.waiting({ guide: guideOf });
    await openSignin(signin);
    await guide().getByText("WDJB-MJHT").waitFor();
    await button("Copy the code").waitFor();
    await button("I have signed in").click();
    await web.page.getByRole("banner").getByText("Capturing").waitFor();
  });

  test("while its machine starts, each step of that is shown", async () => {
    web.api.pace = 400;
    const life = web.api.make({ image: "browser", url: undefined });
    const step = { step: "session", at: new Date().toISOString() } as const;
    const starting = { state: "starting", guide: null, steps: [step] } as const;
    await openSignin(web.api.signins.add({ ...starting, steps: [step], sessionId: life.session.id }));
    await web.page.getByRole("heading", { name: "Starting your browser" }).waitFor();
    await guide().getByText("Then it is your turn.").waitFor();
    await expect.poll(() => steps().first().getAttribute("data-state"), SOON).toBe("running");
  });

  test("says that its page is being opened until it is", async () => {
    const { steps: all } = signinFact();
    const signin = web.api.signins.waiting({ steps: all.filter(({ step }) => step !== "user") });
    await openSignin(signin);
    await guide().getByText("Its browser opens this address:").waitFor();
    web.api.signins.change(signin.id, { steps: all });
    await guide().getByText("Its browser shows this address already:").waitFor();
  });

  test("is cancelled after one question, and begun anew", async () => {
    const signin = web.api.signins.waiting();
    await openSignin(signin);
    await button("Cancel the sign-in").click();
    expect(await web.focused()).toBe("Go on");
    await dialog("Cancel this sign-in?").getByRole("button", { name: "Cancel it" }).click();
    await web.page.getByRole("heading", { name: "This sign-in was cancelled" }).waitFor();
    await web.sees("Nothing was stored.");
    const beats = web.api.signins.beats;
    await button("Try again").click();
    await live();
    await guide().getByText("Sign in here, we continue by ourselves").waitFor();
    await expect.poll(() => web.api.signins.beats, SOON).toBeGreaterThan(beats);
  });

  test("that fails says why and what helps", async () => {
    const signin = web.api.signins.waiting();
    await openSignin(signin);
    await live();
    const reason = {
      code: "SIGNIN_STATE_MISMATCH",
      message: "the answer’s state is another",
      fix: "Retry it.",
    };
    const ended = { endedAt: new Date().toISOString(), sessionOver: true, canRetry: true } as const;
    web.api.signins.change(signin.id, { state: "failed", guide: null, reason, ...ended });
    await web.page.getByRole("alert").getByText("the answer’s state is another").waitFor();
    await web.sees("An answer came back that belongs to no question of this sign-in");
    await button("Try again").waitFor();
    expect(await guide().getByText("access and refresh").count()).toBe(0);
  });
});

describe("the history", () => {
  test("tells what became of each, newest first; is searched, and loads older ones", async () => {
    for (let count = 0; count < 60; count += 1)
      web.api.signins.add({ state: "completed", subject: `person-${count}`, endedAt: null });
    const reason = { code: "SIGNIN_TIMED_OUT", message: "nobody signed in for 900 s", fix: "Retry it." };
    web.api.signins.add({ provider: "github", state: "timed_out", reason, attempt: 2 });
    await open();
    await expect.poll(() => rows().count(), SOON).toBe(50);
    for (const words of ["github", "Timed out", "nobody signed in for 900 s", "attempt 2"])
      await rows().first().getByText(words).waitFor();
    await button("Load older ones").click();
    await expect.poll(() => rows().count(), SOON).toBe(61);
    await web.page.getByLabel("Which sign-ins").selectOption("other");
    await expect.poll(() => rows().count(), SOON).toBe(1);
    await web.page.getByLabel("Which sign-ins").selectOption("open");
    await web.sees("No sign-in fits what you look for.");
    await web.page.getByLabel("Which sign-ins").selectOption("all");
    await web.page.getByRole("searchbox").fill("nobody GITHUB");
    await expect.poll(() => rows().count(), SOON).toBe(1);
    await rows().getByRole("link", { name: "Sign-in at github, Timed out" }).click();
    await web.sees("Nobody had signed in when the time for it was over");
  });

  test("what is not there, and what is not a sign-in, is said so", async () => {
    await open(`/signins/sgn_${"x".repeat(20)}`);
    await web.sees("There is no such sign-in");
    await web.page.goto(`${web.url}/signins/nonsense`);
    await web.sees("There is nothing here");
  });
});

describe("how it looks", () => {
  test.each([360, 900])("nothing sticks out of a screen of %i pixels", async (width) => {
    await web.reopen({ viewport: { width, height: 900 } });
    const long = "a-word-without-an-end".repeat(8);
    const waiting = {
      text: long,
      url: `https://id.example/${long}`,
      userCode: "WDJB-MJHT",
      needsConfirm: true,
    };
    const captures = [long, "the tokens"];
    const signin = web.api.signins.waiting({ guide: waiting, captures, leaves: [long], subject: long });
    await openSignin(signin);
    await live();
    expect(await web.overflow()).toBe(0);
    const reason = { code: "SIGNIN_TOOL_EXITED", message: long, fix: long };
    web.api.signins.change(signin.id, { state: "failed", reason, canRetry: true });
    await button("Try again").waitFor();
    expect(await web.overflow()).toBe(0);
    await web.page.goto(`${web.url}/signins`);
    await rows().first().waitFor();
    expect(await web.overflow()).toBe(0);
    await button("New sign-in").click();
    await dialog("New sign-in").getByRole("radio", { name: "Another OAuth provider" }).check();
    expect(await web.overflow()).toBe(0);
  });
});
