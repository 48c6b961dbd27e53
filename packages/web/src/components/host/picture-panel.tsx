"use client";
import { Search, TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import { filterPorts, isSought, levelOf, type PortFilter, shownPorts } from "../../lib/bridge-troubles.ts";
import type { HostLook } from "../../lib/live-sources.ts";
import type { Selection } from "../../lib/part-facts.ts";
import { Button } from "../button.tsx";
import { BridgeDrawing } from "./bridge-drawing.tsx";
import css from "./picture-panel.module.css";
import { PortGrid } from "./port-grid.tsx";
import { UnpluggedList } from "./unplugged-list.tsx";

interface PicturePanelProps {
  readonly look: HostLook;
  readonly onSelect: (selection: Selection) => void;
}

/** The whole picture: bridge, ports, and TAPs that hang on nothing; with a filter for large hosts. */
export function PicturePanel({ look, onSelect }: PicturePanelProps) {
  const [filter, setFilter] = useState<PortFilter>({ text: "", troublesOnly: false });
  const { picture, rates, fresh } = look;
  const ports = useMemo(() => shownPorts(picture, rates, fresh), [picture, rates, fresh]);
  const shown = filterPorts(ports, filter);
  const unplugged = picture.unplugged.filter(({ tap, vmId, sessionId }) =>
    isSought(filter.text, [tap, vmId, sessionId]),
  );
  const troubled = ports.filter(({ troubles }) => levelOf(troubles) !== "good").length;
  const allTroubles = troubled + picture.unplugged.length;
  return (
    <section className={css.panel} aria-labelledby="bridge-title">
      <header className={css.header}>
        <h2 id="bridge-title">The bridge</h2>
        <p role="status">
          {ports.length} plugged in, {allTroubles === 0 ? "no trouble" : `${allTroubles} in trouble`}
        </p>
        <FilterBar filter={filter} troubles={allTroubles} onChange={setFilter} />
      </header>
      <BridgeDrawing look={look} ports={ports} onSelect={onSelect} />
      {ports.length === 0 ? (
        <p className={css.empty}>No VM is plugged in. The first session gets the first port.</p>
      ) : (
        <div className={css.hanging}>
          <span className={css.trunk} aria-hidden="true" />
          {shown.length === 0 ? (
            <p className={css.empty}>
              {filter.troublesOnly && filter.text === ""
                ? "Every port is well."
                : "No port fits what you look for."}
            </p>
          ) : (
            <PortGrid ports={shown} onSelect={onSelect} />
          )}
        </div>
      )}
      <UnpluggedList unplugged={unplugged} onSelect={onSelect} />
    </section>
  );
}

interface FilterBarProps {
  readonly filter: PortFilter;
  readonly troubles: number;
  readonly onChange: (filter: PortFilter) => void;
}

function FilterBar({ filter, troubles, onChange }: FilterBarProps) {
  return (
    <search className={css.filter}>
      <label className={css.search}>
        <Search size={15} aria-hidden="true" />
        <span className="visually-hidden">Find a port by TAP, session or VM</span>
        <input
          type="search"
          placeholder="TAP, session, VM"
          value={filter.text}
          onChange={({ target }) => onChange({ ...filter, text: target.value })}
        />
      </label>
      <Button
        icon={<TriangleAlert size={15} />}
        className={css.toggle}
        aria-pressed={filter.troublesOnly}
        onClick={() => onChange({ ...filter, troublesOnly: !filter.troublesOnly })}
      >
        Troubles only{troubles === 0 ? "" : ` (${troubles})`}
      </Button>
    </search>
  );
}
