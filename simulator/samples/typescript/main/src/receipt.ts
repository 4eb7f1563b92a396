import { type Item, total } from "./basket.js";

/** The receipt as text, one line an item and the total last. */
export function receipt(items: readonly Item[], percent = 0): string {
  const lines = items.map((item) => `${item.quantity} x ${item.name}: ${money(item.cents * item.quantity)}`);
  return [...lines, `Total: ${money(total(items, percent))}`].join("\n");
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
