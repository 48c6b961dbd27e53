"use client";
import type { Scope } from "@browservm/contract";
import {
  AppWindow,
  KeyRound,
  Layers,
  type LucideIcon,
  Menu,
  Network,
  ScrollText,
  UserCheck,
  Users,
  X,
} from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { type FocusEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { may } from "../lib/may.ts";
import { useMe } from "../lib/use-me.ts";
import css from "./app-nav.module.css";
import { IconButton } from "./button.tsx";

interface Place {
  readonly href: string;
  readonly name: string;
  readonly title: string;
  readonly icon: LucideIcon;
  /** Who may not do this has no use for it. */
  readonly needs: Scope;
  /** What lies below it, where that is not below its address. */
  readonly below?: string;
}

/** The places of the page, in their order. */
const PLACES: readonly Place[] = [
  {
    href: "/",
    name: "Sessions",
    title: "Running and earlier sessions",
    icon: AppWindow,
    needs: "sessions:read",
    below: "/sessions/",
  },
  {
    href: "/connections",
    name: "Connections",
    title: "Stored credentials of accounts",
    icon: KeyRound,
    needs: "connections:read",
  },
  {
    href: "/signins",
    name: "Sign-ins",
    title: "Guided sign-ins, each in a VM of its own",
    icon: UserCheck,
    needs: "connections:read",
  },
  {
    href: "/profiles",
    name: "Profiles",
    title: "What browsers remember, from one session to the next",
    icon: Layers,
    needs: "profiles:read",
  },
  {
    href: "/audit",
    name: "Audit",
    title: "What was done with connections, and by whom",
    icon: ScrollText,
    needs: "audit:read",
  },
  {
    href: "/host",
    name: "Host",
    title: "This host: its network, pools and snapshots",
    icon: Network,
    needs: "host:inspect",
  },
  {
    href: "/people",
    name: "People",
    title: "Your account, members and API keys",
    icon: Users,
    needs: "sessions:read",
  },
];

/** The way to every page that the reader may see: a row, or where there is little room a menu. */
export function AppNav() {
  const me = useMe();
  const { isOpen, setOpen, nav, onBlur, onKeyDown } = useMenu();
  const listId = useId();
  const places = PLACES.filter(({ needs }) => may(me, needs));
  if (places.length === 0) return null;
  return (
    <nav ref={nav} className={css.nav} aria-label="Main" onBlur={onBlur} onKeyDown={onKeyDown}>
      <IconButton
        className={css.toggle ?? ""}
        label={isOpen ? "Close the menu" : "Menu"}
        aria-expanded={isOpen}
        aria-controls={listId}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? <X size={18} /> : <Menu size={18} />}
      </IconButton>
      <ul id={listId} className={css.list} data-open={isOpen}>
        {places.map((place) => (
          <PlaceLink key={place.href} place={place} onGo={() => setOpen(false)} />
        ))}
      </ul>
    </nav>
  );
}

function PlaceLink({ place, onGo }: { place: Place; onGo: () => void }) {
  const { href, name, title, icon: Icon, below = `${href}/` } = place;
  const path = usePathname();
  const isHere = path === href;
  return (
    <li>
      <Link
        href={href}
        className={css.link}
        title={title}
        aria-current={isHere ? "page" : path.startsWith(below) ? "true" : undefined}
        onClick={onGo}
      >
        <Icon size={17} aria-hidden="true" />
        {name}
      </Link>
    </li>
  );
}

/** A menu that Escape, a press elsewhere and a focus that goes elsewhere close. */
function useMenu() {
  const [isOpen, setOpen] = useState(false);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const onPress = ({ target }: PointerEvent) => {
      if (target instanceof Node && !nav.current?.contains(target)) setOpen(false);
    };
    document.addEventListener("pointerdown", onPress);
    return () => document.removeEventListener("pointerdown", onPress);
  }, [isOpen]);
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget !== null && !nav.current?.contains(relatedTarget)) setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    setOpen(false);
    nav.current?.querySelector("button")?.focus();
  };
  return { isOpen, setOpen, nav, onBlur, onKeyDown };
}
