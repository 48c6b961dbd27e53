"use client";
import { LogOut, Network, Users } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { client } from "../lib/client.ts";
import { may } from "../lib/may.ts";
import { useMe } from "../lib/use-me.ts";
import css from "./app-bar.module.css";
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
      <HostLink />
      <PeopleLink />
      <ThemeToggle />
      <IconButton label="Sign out" onClick={() => void leave()}>
        <LogOut size={18} />
      </IconButton>
    </header>
  );
}

/** The way to the host's page, for those who may see it. */
function HostLink() {
  const isHere = usePathname() === "/host";
  if (!may(useMe(), "host:inspect")) return null;
  return (
    <Link
      href="/host"
      className={css.host}
      title="This host: its network, pools and snapshots"
      aria-current={isHere ? "page" : undefined}
    >
      <Network size={18} aria-hidden="true" />
      <span>Host</span>
    </Link>
  );
}

/** The way to one's account, to members and to keys; who came by a link to one session has none of it. */
function PeopleLink() {
  const isHere = usePathname() === "/people";
  if (!may(useMe(), "sessions:read")) return null;
  return (
    <Link
      href="/people"
      className={css.host}
      title="Your account, members and API keys"
      aria-current={isHere ? "page" : undefined}
    >
      <Users size={18} aria-hidden="true" />
      <span>People</span>
    </Link>
  );
}
