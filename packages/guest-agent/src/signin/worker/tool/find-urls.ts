import { SIGNIN_LIMITS } from "@browservm/contract/guest/signin-limits";

/** What RFC 3986 allows in an address, and no marks that only quote or end a sentence. */
const ADDRESS = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/g;
const ENDS = /[.,;:!?'")\]]+$/;

export interface FoundUrl {
  readonly url: string;
  /** Where it ends in the text: what still grows is not whole. */
  readonly end: number;
}

/** The web addresses in a text. */
export function findUrls(text: string): FoundUrl[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: found, index }) => {
    const url = webAddress(found.replace(ENDS, ""));
    return url === undefined ? [] : [{ url, end: index + found.length }];
  });
}

/** The text as an http(s) address that may be told; undefined: it is none. */
export function webAddress(text: string): string | undefined {
  if (text.length > SIGNIN_LIMITS.urlChars || !/^https?:\/\//i.test(text)) return undefined;
  const parsed = URL.parse(text);
  return parsed && parsed.hostname !== "" && parsed.username === "" ? text : undefined;
}
