const MOST_SHOWN = 100;

/** What is too long to be shown whole is cut, and said to be. */
export const cut = (text: string): string =>
  text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}… (${String(text.length)} characters)` : text;
