/** One JSON line on standard error for each event. */
export function log(level, message, details = {}) {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...details })}\n`);
}
