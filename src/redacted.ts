const INSTEAD = '[secret]';
const LEAST_LINE = 8;
const LEAST_PART = 4;

const MASK = '\0';

/** Takes secrets out of texts: as they are, line by line, and in the forms that programs print them in. */
export interface Redactor {
  readonly text: (text: string) => string;
  /** The same of the end of a longer text: what may be the end of a value is left out at its beginning. */
  readonly end: (text: string) => string;
  /** So much is left out there. */
  readonly longest: number;
}

export function redactorOf(values: readonly string[]): Redactor {
  const all = [...new Set(values.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const longest = Buffer.byteLength(all[0] ?? '');
  // Of the same length at first, so that places in the text stay what they are.
  const masked = (text: string): string =>
    all.reduce((rest, form) => rest.replaceAll(form, MASK.repeat(form.length)), text);
  const named = (text: string): string => text.replace(/\0+/g, INSTEAD);
  return {
    longest,
    text: (text) => (all.length === 0 ? text : named(masked(text))),
    end: (text) => named(masked(text).slice(longest)),
  };
}

function formsOf(value: string): readonly string[] {
  const lines = value.includes('\n')
    ? value.split(/\r?\n/).filter((line) => line.trim().length >= LEAST_LINE)
    : [];
  return [value, value.trim(), ...lines, ...passwordOf(value)].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('base64url'),
  ]);
}

/** A driver that is refused by a server prints the password of its address without the address. */
function passwordOf(value: string): readonly string[] {
  const [, password = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*?:([^/@\s]+)@/i.exec(value) ?? [];
  return [password, decoded(password)].filter((text) => text.length >= LEAST_PART);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
