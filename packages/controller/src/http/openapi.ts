import { ERRORS, type Route } from "@browservm/contract";
import { z } from "zod";

type Json = Record<string, unknown>;

const MEDIA: Readonly<Record<Route["kind"], string>> = {
  json: "application/json",
  sse: "text/event-stream",
  png: "image/png",
  ndjson: "application/x-ndjson",
  tar: "application/x-tar",
  text: "text/plain",
  bytes: "application/octet-stream",
  upgrade: "application/octet-stream",
  redirect: "text/html",
};

/** Errors that every row may answer. */
const ALWAYS = ["BAD_REQUEST", "UNAUTHENTICATED", "FORBIDDEN", "INTERNAL"] as const;

/** The API as an OpenAPI 3.1 document, made from the rows that also serve it. */
export function openApi(
  routes: Readonly<Record<string, Route>>,
  { version, url }: { version: string; url: string },
): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = route.path.replace(/:([A-Za-z]+)/g, "{$1}").replace(/\*$/, "{path}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "BrowserVM", version, description: "Real browsers, each in its own microVM." },
    servers: [{ url }],
    paths,
    components: { schemas: { Problem: PROBLEM }, securitySchemes: SECURITY },
  };
}

function operation(name: string, route: Route): Json {
  return {
    operationId: name,
    summary: route.summary,
    security: route.access === "open" ? [] : [{ bearer: [] }, { apiKey: [] }, { cookie: [] }],
    "x-access": route.access,
    parameters: [...parameters(route, "path"), ...parameters(route, "query"), ...headers(route)],
    ...requestBody(route),
    responses: { [route.kind === "upgrade" ? 101 : route.status]: success(route), ...failures(route) },
  };
}

function requestBody(route: Route): Json {
  if (route.sends === "bytes") return { requestBody: content(MEDIA.bytes, {}) };
  const isBare = route.method === "GET" || route.method === "DELETE";
  if (isBare || properties(schemaOf(route.body)).length === 0) return {};
  return { requestBody: content("application/json", schemaOf(route.body)) };
}

function success(route: Route): Json {
  if (route.kind === "upgrade") return { description: "A WebSocket" };
  if (route.kind === "redirect") return { description: route.summary };
  const schema = route.kind === "json" ? schemaOf(route.reply, "output") : {};
  return { description: route.summary, ...content(MEDIA[route.kind], schema) };
}

/** One answer for each status, naming the codes that it may carry. */
function failures(route: Route): Json {
  const codes = [...new Set([...route.errors, ...(route.access === "open" ? [] : ALWAYS)])];
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `${code}: ${ERRORS[code].title}`).join("; "),
        ...content("application/problem+json", { $ref: "#/components/schemas/Problem" }),
      },
    ]),
  );
}

function parameters(route: Route, place: "path" | "query"): Json[] {
  const schema = schemaOf(place === "path" ? route.params : route.query);
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return properties(schema).map(([name, part]) => ({
    name: name === "*" ? "path" : name,
    in: place,
    required: place === "path" || required.has(name),
    schema: part,
  }));
}

function headers({ path, method, kind }: Route): Json[] {
  if (kind === "sse")
    return [{ name: "Last-Event-ID", in: "header", required: false, schema: { type: "integer" } }];
  if (method !== "POST" || path !== "/v1/sessions") return [];
  return [
    { name: "Idempotency-Key", in: "header", required: false, schema: { type: "string", maxLength: 200 } },
  ];
}

const properties = (schema: Json): [string, unknown][] =>
  Object.entries((schema.properties as Json | undefined) ?? {});

const content = (media: string, schema: Json): Json => ({ content: { [media]: { schema } } });

function schemaOf(schema: z.ZodType, io: "input" | "output" = "input"): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

const PROBLEM: Json = {
  type: "object",
  required: ["code", "title", "status", "detail", "fix"],
  properties: {
    code: { enum: Object.keys(ERRORS) },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "What happened this time" },
    fix: { type: "string", description: "What the reader can do about it" },
    details: { type: "object" },
    requestId: { type: "string" },
  },
};

const SECURITY: Json = {
  bearer: { type: "http", scheme: "bearer", description: "An API key (bvm_…) or a view token (bvv_…)" },
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: "bvm_session",
    description: "Changes also need x-csrf-token",
  },
};
