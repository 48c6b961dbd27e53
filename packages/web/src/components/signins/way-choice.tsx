import type { SigninProvider } from "@browservm/contract";
import type { SigninWay } from "../../lib/signin-draft.ts";
import type { Providers } from "../../lib/use-providers.ts";
import css from "./start-signin-dialog.module.css";

interface WayChoiceProps {
  readonly providers: Providers;
  /** Null: none is chosen yet. */
  readonly way: SigninWay | null;
  readonly onWay: (way: SigninWay) => void;
}

const RECIPES: Readonly<Record<SigninProvider["recipe"], string>> = {
  oauth: "OAuth provider",
  cookies: "website",
  cli: "command-line tool",
};

/** Where to sign in: what is known here, or what is described now. */
export function WayChoice({ providers: { list, error }, way, onWay }: WayChoiceProps) {
  return (
    <fieldset className={css.ways}>
      <legend>Where</legend>
      {list === null && error === null ? <p role="status">Looking for providers…</p> : null}
      {error === null ? null : (
        <p role="status">The providers that are known here cannot be told: {error.message}</p>
      )}
      {(list ?? []).map(({ name, title, recipe }) => (
        <Way
          key={name}
          value={`provider:${name}`}
          title={title}
          about={RECIPES[recipe]}
          isOn={typeof way === "object" && way?.provider === name}
          onChoose={() => onWay({ provider: name })}
        />
      ))}
      <Way
        value="oauth"
        title="Another OAuth provider"
        about="OpenID Connect, OAuth 2"
        isOn={way === "oauth"}
        isFirst
        onChoose={() => onWay("oauth")}
      />
      <Way
        value="cookies"
        title="A website"
        about="cookies and local storage"
        isOn={way === "cookies"}
        onChoose={() => onWay("cookies")}
      />
    </fieldset>
  );
}

interface WayProps {
  readonly value: string;
  readonly title: string;
  readonly about: string;
  readonly isOn: boolean;
  readonly isFirst?: boolean;
  readonly onChoose: () => void;
}

function Way({ value, title, about, isOn, isFirst = false, onChoose }: WayProps) {
  return (
    <label className={css.way}>
      <input
        type="radio"
        name="way"
        value={value}
        checked={isOn}
        onChange={onChoose}
        {...(isFirst ? { "data-first-focus": true } : {})}
      />
      <span>
        {title}
        <small>{about}</small>
      </span>
    </label>
  );
}
