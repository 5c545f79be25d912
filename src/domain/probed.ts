/** What probes said: of one look, or of several. */
export interface Probed {
  readonly probes: number;
  readonly failures: number;
}

export const probed = (looks: readonly Probed[]): Probed => ({
  probes: looks.reduce((n, { probes }) => n + probes, 0),
  failures: looks.reduce((n, { failures }) => n + failures, 0),
});
