import { describe, expect, it } from "vitest";

import { find, subtotal, total } from "../../src/basket.js";

const items = [
  { name: "Tea", cents: 450, quantity: 2 },
  { name: "Cup", cents: 1099, quantity: 1 },
];

describe("basket", () => {
  it("adds up", () => {
    expect(subtotal(items)).toBe(1999);
  });

  it("costs nothing when it is empty", () => {
    expect(total([])).toBe(0);
  });

  it("takes the discount off", () => {
    expect(total(items, 10)).toBe(1799);
  });

  it("finds an item whatever its case", () => {
    expect(find(items, " tea ")?.cents).toBe(450);
  });
});
