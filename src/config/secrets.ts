/** Last words of names that hold secrets, and what is put behind them where there are several. */
const NAMES =
  /(?:(?:^|_)(?:PASSWORDS?|PASSWD|PASSPHRASE|SECRETS?|(?:API|PRIVATE|ACCESS|SECRET|SIGNING|ENCRYPTION)_?KEYS?|CREDENTIALS?|TOKENS?)|(?:PASSWORD|SECRET|APIKEY|TOKEN))(?:_?\d{1,2}|_(?:PROD|PRD|PRODUCTION|PREPROD|LIVE|STAGING|STAGE|QA|UAT|TEST|DEV|DEVELOPMENT|SANDBOX|LOCAL|CI|EU|US|OLD|NEW|V\d{1,2})){0,2}$/i;
/** A number, a length of time or a yes or no is a setting, and no secret worth the name. */
const HARMLESS = /^(?:\d{1,5}(?:\.\d+)?(?:ms|s|m|h|d|Ki|Mi|Gi|Ti|%)?|true|false|yes|no|on|off)$/i;
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
  /:\/\/[^/\s:@]{0,200}:(?!\$(?:\w+|\{\w+\})@)[^/\s:@]{1,200}@/,
];

/** What is said of it, and never the value. */
export const SECRET: readonly [string, string] = [
  'this looks like a secret, and a secret never belongs into version control',
  'taking it out and rotating it',
];

export const looksSecret = (name: string, value: string): boolean =>
  value !== '' && ((NAMES.test(name) && !HARMLESS.test(value)) || SHAPES.some((shape) => shape.test(value)));

type Path = readonly PropertyKey[];

/** Where in plain data something looks like a secret. */
export const secretsIn = (data: unknown): readonly Path[] =>
  textsIn(data, []).flatMap(([path, text]) => (looksSecret(String(path.at(-1)), text) ? [path] : []));

function textsIn(value: unknown, path: Path): readonly (readonly [Path, string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly (readonly [PropertyKey, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, part]) => textsIn(part, [...path, key]));
}
