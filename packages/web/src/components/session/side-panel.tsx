"use client";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import css from "./side-panel.module.css";

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly content: () => ReactNode;
}

interface SidePanelProps {
  readonly tabs: readonly Tab[];
}

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Tabs after the WAI-ARIA pattern: one Tab stop, arrows move between them. */
export function SidePanel({ tabs }: SidePanelProps) {
  const [openId, setOpenId] = useState(tabs[0]?.id);
  const list = useRef<HTMLDivElement>(null);
  const open = tabs.find(({ id }) => id === openId) ?? tabs[0];
  const show = (id: string) => {
    setOpenId(id);
    const tab = list.current?.querySelector<HTMLElement>(`#tab-${id}`);
    tab?.focus();
    // the focus alone leaves a tab half hidden that is seen in part
    tab?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = MOVES[event.key]?.(
      tabs.findIndex(({ id }) => id === open?.id),
      tabs.length,
    );
    const tab = next === undefined ? undefined : tabs[next];
    if (tab === undefined) return;
    event.preventDefault();
    show(tab.id);
  };
  return (
    <aside className={css.panel} aria-label="About this session">
      <div className={css.bar}>
        <div ref={list} role="tablist" aria-label="Side panel" className={css.tabs}>
          {tabs.map(({ id, title }) => (
            <button
              key={id}
              id={`tab-${id}`}
              type="button"
              role="tab"
              aria-selected={id === open?.id}
              aria-controls={`panel-${id}`}
              tabIndex={id === open?.id ? 0 : -1}
              onClick={() => show(id)}
              onKeyDown={onKeyDown}
            >
              {title}
            </button>
          ))}
        </div>
      </div>
      <div
        className={css.content}
        role="tabpanel"
        id={`panel-${open?.id}`}
        aria-labelledby={`tab-${open?.id}`}
      >
        {open?.content()}
      </div>
    </aside>
  );
}
