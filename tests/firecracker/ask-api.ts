import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly method: "GET" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: object;
}

/** What a Firecracker's API answers on its socket. */
export function askApi(
  socketPath: string,
  { method, path, body }: Asked,
): Promise<{ status: number | undefined; answer: string }> {
  return new Promise((resolve, reject) => {
    const content = body ? JSON.stringify(body) : "";
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(content) };
    const asked = request({ socketPath, method, path, ...(body ? { headers } : {}) }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode, answer }), reject);
    });
    asked.once("error", reject);
    asked.end(content);
  });
}
