import { makeId, ViewerId } from "@browservm/contract";

const KEY = "browservm.viewer";

let mine: ViewerId | undefined;

/** Under which id this tab looks at sessions: made once, and kept when the tab is loaded anew. */
export function tabViewerId(): ViewerId {
  mine ??= takeStored() ?? ViewerId.parse(makeId("vwr", crypto.getRandomValues(new Uint8Array(20))));
  return mine;
}

/**
 * A tab that is duplicated copies the store of the first one. So the id lies in there only while no page of this tab
 * runs: the copy finds nothing, and makes its own.
 */
function takeStored(): ViewerId | undefined {
  addEventListener("pagehide", () => store(mine));
  // back from the browser's cache: the page runs on
  addEventListener("pageshow", () => store(undefined));
  try {
    const kept = ViewerId.safeParse(sessionStorage.getItem(KEY)).data;
    sessionStorage.removeItem(KEY);
    return kept;
  } catch {
    return undefined; // this reader's browser keeps nothing: each load is somebody new
  }
}

function store(id: ViewerId | undefined): void {
  try {
    if (id === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, id);
  } catch {
    // as above
  }
}
