import { BrowserVmError } from "@browservm/contract";
import { browser } from "./browser.ts";
import type { Recipe } from "./recipe.ts";
import { tiny } from "./tiny.ts";

/** Every recipe that images can be built from. */
export const recipes: readonly Recipe[] = [browser, tiny];

/** The recipe of that name; RECIPE_NOT_FOUND names the known ones. */
export function recipeNamed(name: string): Recipe {
  const found = recipes.find((recipe) => recipe.name === name);
  if (found) return found;
  const known = recipes.map((recipe) => recipe.name);
  throw new BrowserVmError("RECIPE_NOT_FOUND", `there is no recipe ${name}`, { recipe: name, known });
}
