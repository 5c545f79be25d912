import { HISTORY_LIMIT, apiClient } from '../client/api.js';
import { releaseViews, type ReleaseView } from '../domain/releases.js';
import { settings } from './context.js';
import { columns, progress, result } from './output.js';
import { serviceOfCommand } from './reference.js';
import { evidenceLines } from './render/evidence.js';
import { instant } from './render/text.js';
import type { Command } from './table.js';

const SHORT_HASH = 12;

/** `shipway releases`: what was built of a service, newest first, from the store. */
export const releases: Command = async (values) => {
  const service = await serviceOfCommand(values);
  const api = apiClient(await settings(values));
  const [rows, targets] = await Promise.all([api.releases(service), api.targets(service)]);
  const views = releaseViews(rows, targets);
  const head = ['RELEASE', 'VERSION', 'COMMIT', 'BUILT', 'BY RUN', 'WHERE'];
  const truncated = rows.length >= HISTORY_LIMIT;
  if (truncated)
    progress(`only what the newest ${String(HISTORY_LIMIT)} runs built or shipped is shown`, values);
  result(
    values,
    { service, releases: views, truncated },
    views.length === 0
      ? [`no release of ${service}`]
      : withEvidence(views, columns([head, ...views.map(line)])),
  );
  return 0;
};

const line = (r: ReleaseView): readonly string[] => [
  r.digest.slice(0, SHORT_HASH),
  r.versions.join(', '),
  r.commit.slice(0, SHORT_HASH),
  instant(r.createdAt),
  r.run,
  whereOf(r) || '-',
];

/** Below each release what is known of it. */
const withEvidence = (views: readonly ReleaseView[], [head = '', ...rows]: readonly string[]) => [
  head,
  ...rows.flatMap((row, i) => [row, ...evidenceLines(views[i]?.evidence ?? [])]),
];

const whereOf = ({ live, knownGood, held }: ReleaseView): string =>
  [
    ...live.map((e) => `live in ${e}${knownGood.includes(e) ? ' (known good)' : ''}`),
    ...knownGood.filter((e) => !live.includes(e)).map((e) => `known good in ${e}`),
    ...held.map((e) => `held from ${e}`),
  ].join(', ');
