import { openRateFeeds } from './rate-feeds.js';

/** How many digits a currency has after the point. Prices are kept in cents of EUR and shown as a decimal text. */
const DIGITS = { EUR: 2, GBP: 2, JPY: 0, USD: 2 };
export const DEFAULT_CURRENCY = 'EUR';
export const currencies = () => Object.keys(DIGITS);
export const isCurrency = (text) => Object.hasOwn(DIGITS, text);

/** Opens the rate feeds; the result gives prices in one currency, at one feed's rates for the whole answer. */
export async function openPricing(config) {
  const nextFeed = await openRateFeeds(config);
  return (currency) => {
    const { name, rates } = nextFeed();
    const rate = rates[currency];
    if (rate === undefined) throw new Error(`no rate for ${currency} in the feed ${name}`);
    return (cents) => ({ amount: ((cents / 100) * rate).toFixed(DIGITS[currency]), currency });
  };
}
