import { BrowserVmError } from "@browservm/contract";
import { expect, test } from "vitest";
import type { CliContext } from "../context.ts";
import { type RunOptions, runSession } from "./run-session.ts";

const OPTIONS: RunOptions = { image: "browser", pool: true, wait: true, timeout: 5 };

/** A product that says what it is asked for. */
function product(failing?: string) {
  const asked: string[] = [];
  const does = (what: string) => {
    asked.push(what);
    if (what === failing) throw new BrowserVmError("CONNECTION_NOT_FOUND", "there is none");
  };
  const session = { id: "ses_1", status: "ready" };
  const handle = {
    ...{ id: session.id, data: session, refresh: async () => session },
    navigate: async (url: string) => does(`navigate ${url}`),
    end: async () => does("end"),
  };
  const client = {
    sessions: {
      create: async ({ url, profile }: { url?: string; profile?: { name: string; mode: string } }) => {
        does(`create ${url}${profile ? ` ${profile.mode}s ${profile.name}` : ""}`);
        return handle;
      },
      createViewToken: async () => {
        does("link");
        return { url: "http://link" };
      },
    },
    connections: { use: async (id: string) => does(`use ${id}`) },
  };
  const progress = { step: () => {}, done: () => {}, [Symbol.dispose]: () => {} };
  const context = { client: () => client, progress: () => progress } as unknown as CliContext;
  return { context, asked };
}

test("a page is opened with the session", async () => {
  const { context, asked } = product();
  expect(await runSession(context, "https://a.example", OPTIONS)).toMatchObject({ url: "http://link" });
  expect(asked).toEqual(["create https://a.example", "link"]);
});

test("with connections it is opened when the browser has them", async () => {
  const { context, asked } = product();
  await runSession(context, "https://a.example", { ...OPTIONS, connection: ["con_1", "con_2"] });
  expect(asked).toEqual(["create undefined", "use con_1", "use con_2", "navigate https://a.example", "link"]);
});

test("a session that could not be signed in is ended, and why is told", async () => {
  const { context, asked } = product("use con_1");
  const running = runSession(context, "https://a.example", { ...OPTIONS, connection: ["con_1"] });
  await expect(running).rejects.toMatchObject({ code: "CONNECTION_NOT_FOUND" });
  expect(asked).toEqual(["create undefined", "use con_1", "end"]);
});

test("connections need a session that is waited for", async () => {
  const { context, asked } = product();
  const running = runSession(context, undefined, { ...OPTIONS, wait: false, connection: ["con_1"] });
  await expect(running).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(asked).toEqual([]);
});

test("a profile is written unless it is to be read only, which says nothing without one", async () => {
  const { context, asked } = product();
  await runSession(context, undefined, { ...OPTIONS, profile: "work" });
  await runSession(context, undefined, { ...OPTIONS, profile: "work", readOnly: true });
  expect(asked.filter((what) => what !== "link")).toEqual([
    "create undefined writes work",
    "create undefined reads work",
  ]);
  const wrong = runSession(context, undefined, { ...OPTIONS, readOnly: true });
  await expect(wrong).rejects.toMatchObject({ code: "BAD_REQUEST" });
});
