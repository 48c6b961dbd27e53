import { BrowserVM } from "@browservm/sdk";

/** The API under this page's own address; the cookie says who asks. */
export const client = new BrowserVM({ baseUrl: "" });
