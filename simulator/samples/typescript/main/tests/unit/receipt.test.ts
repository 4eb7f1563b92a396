import { expect, it } from "vitest";

import { receipt } from "../../src/receipt.js";

it("is a single line for an empty basket", () => {
  expect(receipt([])).toBe("Total: 0.00");
});

it("has a line for each item", () => {
  expect(receipt([{ name: "Tea", cents: 450, quantity: 2 }])).toBe("2 x Tea: 9.00\nTotal: 9.00");
});
