"use client";
import { Moon, Sun } from "lucide-react";
import { useEffect, useState } from "react";
import { chooseTheme, currentTheme, type Theme } from "../lib/theme.ts";
import { IconButton } from "./button.tsx";

/** Switches between dark and light. Until it is used, the system decides. */
export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>("light");
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const read = () => setTheme(currentTheme());
    read();
    media.addEventListener("change", read);
    return () => media.removeEventListener("change", read);
  }, []);
  const other = theme === "dark" ? "light" : "dark";
  const toggle = () => {
    chooseTheme(other);
    setTheme(other);
  };
  return (
    <IconButton label={`Use the ${other} theme`} onClick={toggle}>
      {theme === "dark" ? <Sun size={18} /> : <Moon size={18} />}
    </IconButton>
  );
}
