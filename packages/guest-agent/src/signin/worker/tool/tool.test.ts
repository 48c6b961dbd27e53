import { expect, test } from "vitest";
import { findUrls, webAddress } from "./find-urls.ts";
import { Prompts } from "./prompts.ts";
import { SCREEN, Screen } from "./screen.ts";

const urls = (text: string) => findUrls(text).map(({ url }) => url);

test("addresses are found without what only surrounds them", () => {
  expect(urls("go to https://a.example/x?y=1&z=%20#f, or (http://b.example).")).toEqual([
    "https://a.example/x?y=1&z=%20#f",
    "http://b.example",
  ]);
  expect(urls('"https://a.example/x" │ https://c.example │')).toEqual([
    "https://a.example/x",
    "https://c.example",
  ]);
  expect(urls("ftp://a.example https:// javascript:alert(1) https://user:pw@a.example/")).toEqual([]);
  expect(webAddress(`https://a.example/${"x".repeat(5000)}`)).toBeUndefined();
});

test("a question is answered when it appears, as often as it may be, and not for what stays on the screen", () => {
  const prompts = new Prompts([
    { id: "go", pattern: "^continue\\?", answer: "y\r", times: 2 },
    { id: "code", pattern: "enter the code", times: 1 },
  ]);
  const look = (text: string) =>
    prompts.look(text).map(({ typed, frame }) => [typed, "id" in frame ? frame.id : ""]);
  expect(look("hello")).toEqual([]);
  expect(look("hello\nContinue? y")).toEqual([["y\r", "go"]]);
  expect(look("hello\nContinue? y")).toEqual([]);
  expect(look("Continue? y\ncontinue? ")).toEqual([["y\r", "go"]]);
  expect(look("")).toEqual([]);
  expect(look("continue?")).toEqual([]);
  expect(look("Enter the code")).toEqual([[undefined, "code"]]);
});

async function shown(...written: string[]) {
  const told: string[][] = [];
  const replies: string[] = [];
  using screen = new Screen({
    reply: (text) => replies.push(text),
    onUrl: (url, by) => told.push([url, by]),
  });
  for (const text of written) await screen.write(Buffer.from(text));
  return { ...screen.read(), told, replies };
}

test("a screen shows what a person would see: cursor moves, erased and overwritten text, colours, long lines", async () => {
  expect((await shown("\u001b[2J\u001b[H\u001b[1mSign\u001b[0m\u001b[1Cin\r\nold\rnew\u001b[K")).text).toBe(
    "Sign in\nnew",
  );
  const long = `https://a.example/${"y".repeat(SCREEN.columns)}`;
  expect(urls((await shown(long)).text)).toEqual([long]);
  // One character in two pieces.
  const [first, second] = [Buffer.from("ü").subarray(0, 1), Buffer.from("ü").subarray(1)];
  using screen = new Screen({ reply: () => {}, onUrl: () => {} });
  await screen.write(first);
  await screen.write(second);
  expect(screen.read().text).toBe("ü");
});

test("an address that is still being written ends at the cursor", async () => {
  const { text, cursor } = await shown("go: https://a.exam");
  expect(findUrls(text).map(({ end }) => end)).toEqual([cursor]);
});

test("a screen hears of links and of what was opened, and answers what terminals are asked", async () => {
  const { told, replies } = await shown(
    "\u001b]8;id=1;https://a.example/link\u001b\\here\u001b]8;;\u001b\\",
    "\u001b]7331;https://b.example/opened\u0007",
    "\u001b[6n",
  );
  expect(told).toEqual([
    ["https://a.example/link", "printed"],
    ["", "printed"],
    ["https://b.example/opened", "opened"],
  ]);
  expect(replies).toEqual(["\u001b[1;5R"]);
});
