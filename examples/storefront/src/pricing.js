/** Prices are kept in cents of one currency and shown as a decimal text. */
export const CURRENCY = 'EUR';

export const price = (cents) => ({ amount: (cents / 100).toFixed(2), currency: CURRENCY });
