import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** It takes the title of a part of a drawing, and a count beside a word, for words that must be in the name. */
const NOT_OURS = ["label-content-name-mismatch"];

/** What axe-core finds wrong with a page as it is now, in the light theme and of its contrasts in the dark one, in a line each. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await look(page).disableRules(NOT_OURS).analyze();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await look(page).withRules("color-contrast").analyze();
  return [...light.violations, ...dark.violations].flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, any, all, none }) => `${id}: ${target} ${[...any, ...all, ...none][0]?.message ?? ""}`,
    ),
  );
}

/** The page has no frames that another way of looking would be for. */
const look = (page: Page) => new AxeBuilder({ page }).setLegacyMode();
