/** Whether a configuration is code, which is evaluated, and not a document. */
export const isCode = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);
