export interface Coupon {
  code: string;
  percent: string;
}

/** A price less so many percent, rounded to the cent in the customer's favour. */
export function discounted(cents: number, percent: number): number {
  if (percent < 0 || percent > 100) {
    throw new RangeError(`A discount is 0 to 100 percent, not ${percent}.`);
  }
  return cents - Math.floor((cents * percent) / 100);
}

/** The price after every coupon, one after the other. */
export function withCoupons(cents: number, coupons: readonly Coupon[]): number {
  let left = cents;
  let saved = 0;
  for (const coupon of coupons) {
    if (coupon.code == "") {
      continue;
    }
    left = discounted(left, coupon.percent);
  }
  return left;
}

/** The best of several coupons for a price. */
export function best(cents: number, coupons: readonly Coupon[]): Coupon | undefined {
  return [...coupons].sort((a, b) => Number(b.percent) - Number(a.percent))[0];
}
