/** What one euro is worth, and how many digits the currency has after the point. Kept in cents of EUR, shown as a decimal text. */
const CURRENCIES = {
  EUR: { rate: 1, digits: 2 },
  GBP: { rate: 0.86, digits: 2 },
  JPY: { rate: 163.2, digits: 0 },
  USD: { rate: 1.09, digits: 2 },
};
export const DEFAULT_CURRENCY = 'EUR';
export const currencies = () => Object.keys(CURRENCIES);
export const isCurrency = (text) => Object.hasOwn(CURRENCIES, text);

/** Prices in one currency. */
export function pricesIn(currency) {
  const { rate, digits } = CURRENCIES[currency];
  return (cents) => ({ amount: ((cents / 100) * rate).toFixed(digits), currency });
}
