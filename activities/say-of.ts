/** What was thrown, in words. */
export const sayOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
