import { expect, it } from "vitest";

import { receipt } from "../../src/receipt.js";

it("prints a receipt", () => {
  const items = [
    { name: "Tea", cents: 450, quantity: 2 },
    { name: "Cup", cents: 1099, quantity: 1 },
  ];
  expect(receipt(items, 10)).toBe("2 x Tea: 9.00\n1 x Cup: 10.99\nTotal: 17.99");
});
