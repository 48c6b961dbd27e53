"use client";
import type { LiveScreen, Zoom } from "@browservm/sdk/screen";
import { Keyboard, PanelTopOpen, Shrink } from "lucide-react";
import type { RefObject } from "react";
import { Button, IconButton } from "../button.tsx";
import css from "./over-picture.module.css";
import type { Bars } from "./use-bars.ts";

interface OverPictureProps {
  readonly screen: LiveScreen | null;
  readonly zoom: Zoom;
  readonly bars: Bars;
  /** What has the focus after the VM gave the keyboard back. */
  readonly exit: RefObject<HTMLButtonElement | null>;
  readonly mayType: boolean;
  readonly onType: () => void;
}

/** What a reader needs at hand while the bars are hidden, and the way back from an enlarged picture. */
export function OverPicture({ screen, zoom, bars, exit, mayType, onType }: OverPictureProps) {
  const isZoomed = zoom.scale > 1;
  return (
    <div className={css.over}>
      {isZoomed ? (
        <Button className={css.chip} icon={<Shrink size={16} />} onClick={() => screen?.zoomOut()}>
          {zoom.scale.toFixed(1)}×: show all of it
        </Button>
      ) : null}
      {bars.isHidden ? (
        <div className={css.handle}>
          <IconButton ref={exit} label="Show the bars" onClick={bars.toggle}>
            <PanelTopOpen size={18} />
          </IconButton>
          <IconButton
            label="Keyboard on the screen"
            className={css.touch}
            disabled={!mayType}
            onClick={onType}
          >
            <Keyboard size={18} />
          </IconButton>
        </div>
      ) : null}
    </div>
  );
}
