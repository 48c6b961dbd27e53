"use client";
import { LogOut } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { client } from "../lib/client.ts";
import css from "./app-bar.module.css";
import { AppNav } from "./app-nav.tsx";
import { Brand } from "./brand.tsx";
import { IconButton } from "./button.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

interface AppBarProps {
  /** On a page below the list: where there is little room, the mark stands for the name. */
  readonly isInner?: boolean;
  readonly children?: ReactNode;
}

/** The bar on top of every page. */
export function AppBar({ isInner = false, children }: AppBarProps) {
  const leave = async () => {
    // a sign-out that the server did not hear still leaves this page
    await client.logout().catch(() => {});
    location.assign("/login");
  };
  return (
    <header className={css.bar} data-inner={isInner}>
      <Link href="/" className={css.brand} aria-label="BrowserVM: all sessions">
        <Brand />
        <span className={css.name}>BrowserVM</span>
      </Link>
      <div className={css.middle}>{children}</div>
      <AppNav />
      <ThemeToggle />
      <IconButton label="Sign out" onClick={() => void leave()}>
        <LogOut size={18} />
      </IconButton>
    </header>
  );
}
