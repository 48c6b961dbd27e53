import { expect, test } from "vitest";
import { parseEnvironment, renderEnvironment, renderPamEnvironment } from "./environment.ts";

const render = (environment: Record<string, string>) =>
  Buffer.from(renderEnvironment(environment)).toString();

test("any single-line value comes back as it went in", () => {
  const environment = {
    PLAIN: "value",
    EMPTY: "",
    SPACES: "  a  b  ",
    QUOTES: `he said "it's"`,
    HASH: "a#b # c",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell would expand it
    DOLLAR: "$HOME ${HOME} $(id) `id`",
    BACKSLASH: "C:\\new\\\\table\\",
    EQUALS: "a=b=c",
    TAB: "a\tb",
    SCRIPTS: "日本語 😀 ünïcödé",
    PROXY: "http://user:p%40ss@proxy.test:3128/?a=1&b=2;c|d>e<f*",
  };
  expect(parseEnvironment(render(environment))).toEqual(environment);
});

test("each setting is one line, and nothing in a value can begin another", () => {
  expect(render({ A: '1"\\', B: "$x" })).toBe('A="1\\"\\\\"\nB="\\$x"\n');
});

test.each([
  ["a newline", "A", "one\ntwo", "A holds a newline"],
  ["NUL", "B", "one\0two", "B holds a NUL"],
  [
    "another control character, for which systemd would drop the value",
    "C",
    "\u001b[31m",
    "C holds a control character",
  ],
  ["half a surrogate pair", "D", "\ud800", "D is not valid Unicode"],
  ["a key with a space", "E F", "x", "E F is not a name that an environment can hold"],
  ["a key that begins with a digit", "1A", "x", "1A is not a name that an environment can hold"],
  ["an empty key", "", "x", " is not a name that an environment can hold"],
])("%s is refused by name", (_what, key, value, words) => {
  expect(() => render({ GOOD: "1", [key]: value })).toThrow(
    expect.objectContaining({ code: "ENVIRONMENT_INVALID", message: words, details: { key } }),
  );
});

test("pam_env gets a value as it is, or not at all", () => {
  const text = Buffer.from(
    renderPamEnvironment({ TZ: "Europe/Paris", NAME: "two words", HASH: "a#b", QUOTE: "it's", EDGE: " x" }),
  ).toString();
  expect(text).toBe("TZ=Europe/Paris\nNAME=two words\n");
});
