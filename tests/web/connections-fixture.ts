import { WebFixture } from "./web-fixture.ts";

export const SOON = { timeout: 10_000 };

/** What tests of the pages around connections do in them. Registers with the test file that calls it. */
export function useConnections() {
  const web = WebFixture.use();
  const button = (name: string | RegExp) => web.page.getByRole("button", { name });
  const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
  const rows = () => web.page.getByRole("list", { name: "Connections" }).getByRole("listitem");
  const open = async (path = "/connections") => {
    await web.signIn();
    await web.page.goto(`${web.url}${path}`);
  };
  const openList = async () => {
    await open();
    await web.page.getByRole("heading", { name: "Connections", exact: true }).waitFor();
  };
  return { web, button, dialog, rows, open, openList };
}
