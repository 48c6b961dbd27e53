const THEME_KEY = "browservm-theme";
export type Theme = "light" | "dark";

/** Runs before the first paint: the reader's choice, if there is one. Not a cookie: the page's server gets none. */
export const THEME_SCRIPT = `try{const t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;

function isTheme(value: unknown): value is Theme {
  return value === "light" || value === "dark";
}

/** What the page is drawn in now: the reader's choice, else what the system asks for. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (isTheme(chosen)) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Draws the page in `theme` from now on, also after a reload. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // a browser that keeps nothing still shows the theme until it leaves
  }
}
