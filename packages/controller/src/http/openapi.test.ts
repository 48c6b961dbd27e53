import { apiRoutes } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestController } from "../testing/test-controller.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: { properties: Record<string, unknown> } }> };
  parameters: { name: string; in: string }[];
  responses: Record<string, unknown>;
  security: unknown[];
}

test("the served document describes every row, with its parameters, body and errors", async () => {
  const { secret } = await t.admin.createApiKey({ name: "k" });
  const reply = await t.fetch("GET", "/openapi.json", { headers: { authorization: `Bearer ${secret}` } });
  const document = (await reply.json()) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  };
  expect(document.openapi).toBe("3.1.0");
  const names = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((one) => one.operationId),
  );
  expect(names.toSorted()).toEqual(Object.keys(apiRoutes).toSorted());
  const create = document.paths["/v1/sessions"]?.post;
  expect(Object.keys(create?.requestBody?.content["application/json"]?.schema.properties ?? {})).toContain(
    "image",
  );
  expect(Object.keys(create?.responses ?? {})).toEqual(
    expect.arrayContaining(["201", "400", "401", "429", "503"]),
  );
  expect(create?.parameters).toContainEqual(
    expect.objectContaining({ name: "Idempotency-Key", in: "header" }),
  );
  expect(document.paths["/v1/sessions/{id}"]?.get?.parameters).toContainEqual(
    expect.objectContaining({ name: "id", in: "path" }),
  );
  expect(document.paths["/healthz"]?.get?.security).toEqual([]);
});
