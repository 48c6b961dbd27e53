import { request } from "node:http";

/** Whether something is there: answers what stands in the way, or nothing. */
export type Probe = () => Promise<string | undefined>;

export type HttpTarget =
  | { readonly socketPath: string; readonly path: string }
  | { readonly host: string; readonly port: number; readonly path: string };

const ANSWER_MS = 5000;

/** Proves a server by an answer below 500; a listening socket alone proves nothing. */
export const httpAnswers =
  (target: HttpTarget): Probe =>
  () =>
    new Promise((resolve) => {
      const call = request({ ...target, agent: false, timeout: ANSWER_MS }, (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve(status < 500 ? undefined : `it answers ${status}`);
      });
      call.once("timeout", () => call.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
      call.once("error", (error) => resolve(error.message));
      call.end();
    });
