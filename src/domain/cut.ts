const MOST_SHOWN = 100;

/** What is too long to be shown whole is cut, and said to be. */
export const cut = (text: string): string =>
  text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}… (${String(text.length)} characters)` : text;

/** A reason may quote what a stranger answered. */
const MOST_REASON = 300;
/** As much of a reason as is kept. */
export const clipped = (reason: string): string =>
  reason.length <= MOST_REASON ? reason : `${reason.slice(0, MOST_REASON - 1)}…`;
