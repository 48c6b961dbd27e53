import { type Life, LOGIN_TOKEN } from "./mock-api.ts";
import { WebFixture } from "./web-fixture.ts";

export const SHOWS = { timeout: 15_000 };
export const SOON = { timeout: 5000 };

/** What tests of sharing do in a session's page. Registers with the test file that calls it. */
export function useSharing() {
  const web = WebFixture.use();
  const button = (name: string | RegExp) => web.page.getByRole("button", { name });
  const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
  const bar = () => web.page.getByRole("region", { name: "Control" });
  const typeButton = () => button("Type in the browser");
  const live = () => web.page.getByText("Live", { exact: true }).waitFor();

  /** Opens a session in which a test may have put others before. */
  const openSession = async (life: Life) => {
    await web.signIn();
    await web.page.goto(`${web.url}/sessions/${life.session.id}`);
    await live();
    await button(/^Share: \d/).waitFor();
  };
  const openAlone = async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    await openSession(life);
    return life;
  };
  /** Anna came before us, and has the control. */
  const openWithAnna = async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    const anna = web.api.sharing.join(life, { name: "Anna", hasControl: true });
    await openSession(life);
    await bar().getByText("Anna has the control.").waitFor();
    return { life, anna };
  };
  const openByLink = async (life: Life) => {
    web.api.role = "link";
    await web.page.goto(`${web.url}/login#token=${LOGIN_TOKEN}&next=/sessions/${life.session.id}`);
    await live();
  };
  const openDialog = async () => {
    await button(/^Share: /).click();
    await dialog("Share this session").waitFor();
  };
  /** Our own place in the list. */
  const me = (life: Life) => {
    const mine = web.api.sharing.viewers(life).find(({ id }) => id === web.api.sharing.comings.at(-1));
    if (!mine) throw new Error("we are not among the viewers");
    return mine;
  };
  const person = (name: string) =>
    web.page
      .getByRole("list", { name: "People who are here" })
      .getByRole("listitem")
      .filter({ hasText: name });
  const typeKey = async (key: string) => {
    await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await web.page.keyboard.press(key);
  };
  return {
    web,
    button,
    dialog,
    bar,
    typeButton,
    live,
    openSession,
    openAlone,
    openWithAnna,
    openByLink,
    openDialog,
    me,
    person,
    typeKey,
  };
}

export const later = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
