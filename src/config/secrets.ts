/** Names that hold secrets, and shapes that only secrets have. */
const NAMES = /PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIAL|TOKENS?(_|$)/i;
/** A name of where a secret is, which is no secret. */
const WHEREABOUTS = /_(FILE|PATH|DIR)$/i;
const SHAPES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36,}\b/,
  /\bgithub_pat_[A-Za-z0-9_]{22,}/,
  /\bglpat-[A-Za-z0-9_-]{20,}/,
  /\bnpm_[A-Za-z0-9]{36}\b/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bsk_live_[A-Za-z0-9]{16,}/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /:\/\/[^/\s:@]{0,200}:[^/\s:@]{1,200}@/,
];

/** What is said of it, and never the value. */
export const SECRET: readonly [string, string] = [
  'this looks like a secret, and a secret never belongs into version control',
  'taking it out and rotating it',
];

export const looksSecret = (name: string, value: string): boolean =>
  value !== '' &&
  ((NAMES.test(name) && !WHEREABOUTS.test(name)) || SHAPES.some((shape) => shape.test(value)));
