/** A foreign text for a message: quoted, short, on one line, with nothing invisible in it. */
export function shown(text: unknown, most = 60): string {
  const whole = typeof text === 'string' ? text : String(text);
  const short = whole.length > most ? `${whole.slice(0, most)}…` : whole;
  return JSON.stringify(short).replace(
    /[\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
