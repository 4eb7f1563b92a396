import { discounted } from "./discount.js";

export interface Item {
  name: string;
  cents: number;
  quantity: number;
}

/** What the items cost together, in cents. */
export function subtotal(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + item.cents * item.quantity, 0);
}

/** What is to be paid, in cents: the subtotal less the discount. */
export function total(items: readonly Item[], percent = 0): number {
  return discounted(subtotal(items), percent);
}

/** The item of that name, if it is in the basket. */
export function find(items: readonly Item[], name: string): Item | undefined {
  let wanted = name.trim().toLowerCase();
  return items.find((item) => item.name.toLowerCase() === wanted);
}
