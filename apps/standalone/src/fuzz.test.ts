/** Whatever is sent to any door, the answer is a no or a yes: never "we are broken". The long run is `npm run fuzz`. */
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, openApp } from "./app.fixture.ts";
import { fuzz } from "./testing/fuzz/run.ts";
import { settle } from "./testing/fuzz/settle.ts";

/** Fixed, so that a red run can be had again; the long run draws its own. */
const seed = 20_261_122;
const inputs = 2_500;

let app: App;

beforeAll(async () => {
  app = await openApp({ workers: 0 });
}, 180_000);
afterAll(() => app.close());

describe("every public input", () => {
  it(`takes ${inputs} inputs that nobody in their right mind would send`, { timeout: 300_000 }, async () => {
    const { sent, told, faults } = await fuzz({ inputs, seed, target: () => settle(app.url, `${newId()}@example.com`) });
    console.log(`fuzz: ${inputs} inputs, seed ${seed}, ${JSON.stringify(sent)}, told ${JSON.stringify(told)}`);
    expect(faults).toEqual([]);
    // Most were looked at by what lies behind the door, and some were right.
    expect(told["ok"]).toBeGreaterThan(inputs / 60);
    expect(told["rate_limited"] ?? 0).toBeLessThan(inputs / 5);
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  });
});
