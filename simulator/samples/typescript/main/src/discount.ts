/** A price less so many percent, rounded to the cent in the customer's favour. */
export function discounted(cents: number, percent: number): number {
  if (percent < 0 || percent > 100) {
    throw new RangeError(`A discount is 0 to 100 percent, not ${percent}.`);
  }
  return cents - Math.ceil((cents * percent) / 100);
}
