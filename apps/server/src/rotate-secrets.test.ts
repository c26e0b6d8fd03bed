import { describe, expect, it } from "vitest";
import { tellRotation } from "./rotate-secrets.ts";

describe("the report of a change of keys", () => {
  it("says what was sealed anew, and names what no key opens", () => {
    const one = { owner: "workspace" as const, ownerId: "w1", name: "shop.token", keyId: "lost" };
    expect(tellRotation({ resealed: { secrets: 2, authenticators: 1 }, unopened: { count: 3, named: [one] } }, "new")).toEqual([
      "sealed anew with the key new: 2 secrets, 1 authenticators",
      "not opened: workspace w1, shop.token, sealed with the key lost",
      "not opened: 2 more",
      expect.stringContaining("run this again"),
    ]);
    expect(tellRotation({ resealed: { secrets: 0, authenticators: 0 }, unopened: { count: 0, named: [] } }, "new")).toHaveLength(1);
  });
});
