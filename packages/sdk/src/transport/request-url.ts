import type { Route } from "@browservm/contract";

export type QueryValue = string | number | boolean | undefined;

/** The row's path with its parameters and the query filled in. */
export function requestUrl(
  route: Pick<Route, "path">,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, QueryValue>> = {},
): string {
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`${route.path} lacks its parameter "${name}"`);
    return encodeURIComponent(value);
  });
  const rest = path.endsWith("*") ? `${path.slice(0, -1)}${restOf(route, params["*"])}` : path;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size > 0 ? `${rest}?${search}` : rest;
}

/** Slashes stay, everything else between them is a name. */
function restOf({ path }: Pick<Route, "path">, rest: string | undefined): string {
  if (rest === undefined) throw new TypeError(`${path} lacks its rest`);
  return rest.split("/").map(encodeURIComponent).join("/");
}
