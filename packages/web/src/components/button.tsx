import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import css from "./button.module.css";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "primary" | "plain" | "quiet" | "danger";
  readonly icon?: ReactNode;
}

/** A button with words, and an icon before them if there is one. */
export function Button({ look = "plain", icon, children, className, type = "button", ...rest }: ButtonProps) {
  return (
    <button type={type} className={[css.button, css[look], className].filter(Boolean).join(" ")} {...rest}>
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does; read aloud and shown on hover. */
  readonly label: string;
  readonly isOn?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A square button that shows only an icon. */
export function IconButton({ label, isOn, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={[css.button, css.quiet, css.square, className].filter(Boolean).join(" ")}
      aria-label={label}
      title={label}
      {...(isOn === undefined ? {} : { "aria-pressed": isOn })}
      {...rest}
    >
      {children}
    </button>
  );
}
