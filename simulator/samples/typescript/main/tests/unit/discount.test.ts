import { expect, it } from "vitest";

import { discounted } from "../../src/discount.js";

it.each([
  [1000, 0, 1000],
  [1000, 25, 750],
  [999, 50, 499],
  [1000, 100, 0],
])("takes from %i cents %i percent: %i", (cents, percent, left) => {
  expect(discounted(cents, percent)).toBe(left);
});

it("refuses more than everything", () => {
  expect(() => discounted(1000, 101)).toThrow(RangeError);
});
