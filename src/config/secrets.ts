/** Names that hold secrets, and shapes that only secrets have. */
const NAMES = /(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?)(_|$)/i;
const SHAPES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36,}\b/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bsk_live_[A-Za-z0-9]{16,}/,
  /:\/\/[^/\s:@]+:[^/\s:@]+@/,
];

export const looksSecret = (name: string, value: string): boolean =>
  value !== '' && (NAMES.test(name) || SHAPES.some((shape) => shape.test(value)));
