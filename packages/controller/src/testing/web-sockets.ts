import type { WebSocket } from "ws";

/** Resolves when it is open; fails when it was refused. */
export const opened = (ws: WebSocket) =>
  new Promise<WebSocket>((resolve, reject) => {
    ws.once("open", () => resolve(ws));
    ws.once("error", reject);
  });

/** Why it was closed. */
export const closed = (ws: WebSocket) =>
  new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });

/** The problem that an upgrade was refused with. */
export const refusal = (ws: WebSocket) =>
  new Promise<{ status: number; code: string }>((resolve, reject) => {
    ws.once("open", () => reject(new Error("it was not refused")));
    ws.on("error", () => {});
    ws.once("unexpected-response", (_, response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += String(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, code: JSON.parse(text).code }));
    });
  });
