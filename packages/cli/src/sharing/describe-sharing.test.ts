import { Viewer, ViewLink, ViewToken } from "@browservm/contract";
import { expect, test } from "vitest";
import { linkTable, linkWords, viewerTable } from "./describe-sharing.ts";

const SESSION = `ses_${"a".repeat(20)}`;
const LINK = `lnk_${"b".repeat(20)}`;
const VIEWER = `vwr_${"c".repeat(20)}`;
const NOW = new Date("2026-01-01T12:00:00.000Z");
const LATER = "2026-01-01T13:00:00.000Z";

const link = (part: object = {}) =>
  ViewLink.parse({
    id: LINK,
    role: "control",
    oneTime: false,
    name: "Ann",
    createdAt: "2026-01-01T11:00:00.000Z",
    expiresAt: LATER,
    spentAt: null,
    revokedAt: null,
    ...part,
  });
const viewer = (part: object = {}) =>
  Viewer.parse({
    id: VIEWER,
    name: "Ann",
    via: "link",
    linkId: LINK,
    canControl: true,
    hasControl: false,
    asksSince: null,
    since: LATER,
    ...part,
  });
const lastLine = (text: string) => text.split("\n").at(-1);

test("a fresh link's first line is its address, and the next says how to take it back", () => {
  const token = {
    id: LINK,
    token: "bvv_x",
    url: "http://bvm/login#token=bvv_x",
    role: "view",
    expiresAt: LATER,
  };
  const [url, words] = linkWords(SESSION, ViewToken.parse(token)).split("\n");
  expect(url).toBe("http://bvm/login#token=bvv_x");
  expect(words).toBe(
    `Shown once. May look, until ${LATER}; revoke it with \`browservm share revoke ${SESSION} ${LINK}\`.`,
  );
});

test("a link's line says for whom it is, what it may, and whether it is still good", () => {
  expect(lastLine(linkTable(SESSION, [link()], NOW))).toMatch(
    new RegExp(`^${LINK}  Ann  control  many times  good   ${LATER}  never$`),
  );
  const state = (part: object) => linkTable(SESSION, [link({ name: null, ...part })], NOW);
  expect(state({ revokedAt: LATER })).toMatch(/ – .*revoked/);
  expect(state({ expiresAt: NOW.toISOString() })).toContain("expired");
  expect(state({ oneTime: true, spentAt: LATER })).toMatch(/once +used/);
  expect(state({ oneTime: true })).toMatch(/once +good/);
});

test("a viewer's line says by which link it came, and where it stands with the control", () => {
  const line = (part: object) => lastLine(viewerTable([viewer(part)]));
  expect(line({ hasControl: true })).toMatch(new RegExp(`^${VIEWER}  Ann   ${LINK}  has it   ${LATER}$`));
  expect(line({ asksSince: LATER })).toContain("asks for it");
  expect(line({ canControl: false })).toContain("looks only");
  expect(line({ via: "operator", linkId: null, name: "ci" })).toMatch(/ci +operator +may ask/);
});

test("without links and viewers there is a way to the first", () => {
  expect(linkTable(SESSION, [], NOW)).toContain(`browservm share link ${SESSION}`);
  expect(viewerTable([])).toBe("Nobody looks at it now.");
});
