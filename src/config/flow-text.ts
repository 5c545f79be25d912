/** A value as YAML on one line. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, v]) => `${key}: ${flowText(v)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' && (!PLAIN.test(value) || OTHERWISE.test(value))
    ? JSON.stringify(value)
    : String(value);
}
const PLAIN = /^[A-Za-z0-9_./][\w./@%=&|-]*( +[\w./@%=&|-]+)*$/;
/** What without quotes would be no text. */
const OTHERWISE = /^(true|false|null|y|n|yes|no|on|off|~|[\d.]+)$/i;
