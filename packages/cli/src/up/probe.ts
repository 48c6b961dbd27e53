import { request } from "node:http";

/** Whether something is there: answers what stands in the way, or nothing. */
export type Probe = () => Promise<string | undefined>;

export type HttpTarget =
  | { readonly socketPath: string; readonly path: string }
  | { readonly host: string; readonly port: number; readonly path: string };

const ANSWER_MS = 5000;

/** Proves that a server is ready by an answer below 500; a listening socket alone proves nothing. */
export const httpAnswers = (target: HttpTarget): Probe => ask(target, (status) => status < 500);

/** Proves that a server is alive by any answer. */
export const httpResponds = (target: HttpTarget): Probe => ask(target, () => true);

const ask =
  (target: HttpTarget, isGood: (status: number) => boolean): Probe =>
  () =>
    new Promise((resolve) => {
      const call = request({ ...target, agent: false, timeout: ANSWER_MS }, (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve(isGood(status) ? undefined : `it answers ${status}`);
      });
      call.once("timeout", () => call.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
      call.once("error", (error) => resolve(error.message));
      call.end();
    });
