import { randomBytes } from "node:crypto";
import { makeId } from "@browservm/contract";
import cookie from "@fastify/cookie";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { SOCKET_PRINCIPAL } from "../auth/principal.ts";
import { RateLimit } from "../auth/rate-limit.ts";
import { LiveView } from "../live-view/live-view.ts";
import { Upgrades } from "../live-view/upgrades.ts";
import { guard } from "./guard.ts";
import { parseBodyText } from "./parse.ts";
import type { Parts } from "./parts.ts";
import { BODY_LIMIT_BYTES, notFound, pathOf, sendProblem, serveProblems } from "./problems.ts";
import { serveAccount } from "./routes/account.ts";
import { serveClipboard } from "./routes/clipboard.ts";
import { serveConnections } from "./routes/connections.ts";
import { serveDoctor } from "./routes/doctor.ts";
import { serveEgress } from "./routes/egress.ts";
import { serveFiles } from "./routes/files.ts";
import { serveKeys } from "./routes/keys.ts";
import { serveOidc } from "./routes/oidc.ts";
import { servePeople } from "./routes/people.ts";
import { servePools } from "./routes/pools.ts";
import { serveProfiles } from "./routes/profiles.ts";
import { serveDesk } from "./routes/session-desk.ts";
import { serveSessions } from "./routes/sessions.ts";
import { serveSharing } from "./routes/sharing.ts";
import { serveSignins } from "./routes/signins.ts";
import { serveSnapshots } from "./routes/snapshots.ts";
import { serveSystem } from "./routes/system.ts";
import { serveVault } from "./routes/vault.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import { type Guard, principalOf, RowServer } from "./serve.ts";
import { cutOffSlowSenders, HEADERS_TIMEOUT_MS } from "./slow-senders.ts";
import { serveWeb } from "./web-proxy.ts";

/** How callers come: over TCP they prove who they are; on the unix socket its mode has proved it. */
export type Door = "tcp" | "socket";

/** The API (and behind TCP the page) as a server that does not listen yet. */
export async function makeApp(parts: Parts, door: Door): Promise<FastifyInstance> {
  const { config } = parts;
  const app = fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => makeId("req", randomBytes(20)),
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 0,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  });
  addSecurityHeaders(app);
  cutOffSlowSenders(app, parts.slowSenders);
  logAnswers(app);
  serveProblems(app);
  await app.register(cookie);
  // A context of its own, for the page's proxy passes bodies on unread.
  await app.register(async (api) => {
    parseJson(api);
    serveRows(api, parts, door);
  });
  // And one that takes bytes as they come.
  await app.register(async (files) => {
    takeBytes(files);
    const rows = new RowServer(files, judgeOf(parts, door));
    serveFiles(rows, parts);
    serveClipboard(rows, parts);
  });
  if (door === "tcp") await serveWeb(app, config.webListen);
  return app;
}

const judgeOf =
  (parts: Parts, door: Door): Guard =>
  (route, request) =>
    door === "socket" ? Promise.resolve(SOCKET_PRINCIPAL) : guard(parts, route, request);

function serveRows(app: FastifyInstance, parts: Parts, door: Door): void {
  const rows = new RowServer(app, judgeOf(parts, door));
  const upgrades = new Upgrades();
  const liveView = new LiveView(parts, upgrades);
  serveSystem(rows, parts);
  const logins = new RateLimit({ burst: 10, everyMs: 6000 });
  serveAccount(rows, parts, logins);
  serveOidc(rows, parts, logins);
  serveKeys(rows, parts);
  servePeople(rows, parts, logins);
  serveSessions(rows, parts);
  serveEgress(rows, parts);
  serveDesk(rows, parts);
  serveSharing(rows, parts);
  servePools(rows, parts);
  serveSnapshots(rows, parts);
  serveDoctor(rows, parts);
  serveConnections(rows, parts);
  serveProfiles(rows, parts);
  serveVault(rows, parts);
  serveSignins(rows, parts);
  liveView.serve(rows);
  upgrades.listen(app);
  app.addHook("preClose", async () => liveView[Symbol.dispose]());
  for (const url of ["/v1", "/v1/*"]) {
    app.all(url, async (request) => {
      throw notFound(request);
    });
  }
}

/** Nothing but JSON is read: a form of a foreign page cannot send it without asking first. */
function parseJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    async (_: unknown, text: string | Buffer) => parseBodyText(String(text)),
  );
}

/** Bodies are left in the request, whatever they say they are. */
function takeBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
}

const FILE_NAME = /^(\/v1\/sessions\/[^/]+\/files\/).*/;

/** One line for each answer. Never the query, which can carry a token, nor the names of people's files. */
function logAnswers(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    const line = {
      method: request.method,
      path: pathOf(request.url).replace(FILE_NAME, "$1*"),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      caller: principalOf(request)?.kind,
    };
    const level = request.method === "GET" ? "debug" : "info";
    request.log[level](line, "answered");
  });
}
