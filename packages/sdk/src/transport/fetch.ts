/** The part of `fetch` that we use, so that it can be replaced (a unix socket, a test). */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
