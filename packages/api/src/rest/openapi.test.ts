import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { createOpenApi } from "./openapi.ts";

describe("the OpenAPI document", () => {
  const openApi = createOpenApi();
  const text = JSON.stringify(openApi);

  it("is one by the rules of OpenAPI 3.1", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(openApi));
    expect(errors ?? []).toEqual([]);
    expect([valid, validator.version]).toEqual([true, "3.1"]);
  });

  it("refers only to what it has", () => {
    for (const [, kind = "", name = ""] of text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g))
      expect(openApi, `${kind} ${name}`).toHaveProperty(["components", kind, name]);
  });

  it("describes what has a name once, and refers to it from everywhere", () => {
    expect(text).toContain('"items":{"$ref":"#/components/schemas/Citation"}');
    expect(text.match(/"stagesMs":\{/g)).toHaveLength(1);
  });

  it("keeps the limits, says what goes into the path, and promises nothing about further fields", () => {
    expect(openApi).toHaveProperty(["paths", "/v1/agents/{agentId}", "patch"], expect.objectContaining({ operationId: "agents.update" }));
    const body = JSON.stringify(openApi["paths"]).split('"operationId":"agents.update"')[1]?.split('"responses"')[0] ?? "";
    expect(body).toContain('"name":{"type":"string","minLength":1,"maxLength":80}');
    expect(body).toContain('{"name":"agentId","in":"path","required":true,"schema":{"type":"string","format":"uuid"}}');
    expect(body.split('"requestBody"')[1]).not.toContain("agentId");
    expect(JSON.stringify(openApi["components"])).not.toContain('"additionalProperties":false');
  });
});
