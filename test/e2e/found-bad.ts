/** Why the demo's third version goes back: whichever of the two sees it first. */
export const FOUND_BAD = String.raw`(?:error rate \d+ of \d+ \(limit 5 %\)|compared with stable, \d+ of \d+ against \d+ of \d+ failed \(evidence [\d.e+]+, limit 100\))`;
