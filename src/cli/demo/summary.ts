import { shipway } from './command.js';
import type { Shipped } from './ship-releases.js';

export interface SummaryOptions {
  readonly directory: string;
  readonly shipped: readonly Shipped[];
  readonly uiUrl: string;
  readonly print: (line: string) => void;
}

/** Says what happened, release by release, and checks the audit. `false` when anything ended other than the example says. */
export async function summary({ directory, shipped, uiUrl, print }: SummaryOptions): Promise<boolean> {
  let good = true;
  for (const release of shipped) {
    print('');
    print(`${release.tag} ${release.outcome.replace('_', ' ')}: ${release.reason}`);
    for (const { at, what } of release.timeline)
      print(`  ${new Date(at).toISOString().slice(11, 23)}  ${what}`);
    if (release.served !== undefined) print(`  ${servedLine(release)}`);
    if (release.outcome !== release.expected) good = false;
    if (release.expected === 'shipped' && (release.served?.failed ?? 0) > 0) good = false;
  }
  print('');
  const audit = await shipway(directory, ['audit', '--verify']);
  print(
    audit.code === 0 ? 'audit chain verified' : `audit chain NOT verified:\n${audit.stdout}${audit.stderr}`,
  );
  print(`Temporal UI: ${uiUrl}`);
  if (!good) print('NOT as expected: see above');
  return good && audit.code === 0;
}

function servedLine({ served }: Shipped): string {
  const versions = [...(served?.versions ?? [])].map(([version, count]) => `${version} ${String(count)}`);
  return `${String(served?.requests ?? 0)} requests served while it shipped (${versions.join(', ')}), ${String(served?.failed ?? 0)} failed`;
}
