import type { SigninSettings } from "@browservm/contract";
import type { Recipe } from "../recipe.ts";
import { cli } from "./cli.ts";
import { cookies } from "./cookies.ts";
import { oauth } from "./oauth.ts";

/** How it is done with these settings. */
export function recipeOf(settings: SigninSettings): Recipe {
  switch (settings.recipe) {
    case "oauth":
      return oauth(settings);
    case "cookies":
      return cookies(settings);
    case "cli":
      return cli(settings);
  }
}
