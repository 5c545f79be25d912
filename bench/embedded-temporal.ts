import { join } from 'node:path';
import { bareLab, temporaryFolder, type BareLab } from './lab.js';
import { interleaved, median, ms, timed, type Row } from './measure.js';

const ROUNDS = 5;
/** Stock takes half a minute for so many, and that five times. */
const AT_ONCE = 200;

/** The embedded server as shipway starts it, against the stock one: seven no-op activities, and many such runs at once on disk. */
export async function embeddedTemporal(): Promise<readonly Row[]> {
  const folder = await temporaryFolder();
  const labs: BareLab[] = [];
  const start = async (name: string, stock: boolean): Promise<BareLab> => {
    const lab = await bareLab({ dataDir: join(folder.path, name), stock });
    labs.push(lab);
    return lab;
  };
  try {
    const tuned = await start('tuned', false);
    const stock = await start('stock', true);
    const one = (lab: BareLab) => () => timed(() => lab.run('bareNoOps'));
    const [ours = [], theirs = []] = await interleaved(ROUNDS, one(tuned), one(stock));
    const many = (lab: BareLab) => () =>
      timed(() => Promise.all(Array.from({ length: AT_ONCE }, () => lab.run('bareNoOps'))));
    const [oursMany = [], theirsMany = []] = await interleaved(ROUNDS, many(tuned), many(stock));
    const rate = (values: readonly number[]): number => AT_ONCE / (median(values) / 1000);
    return [
      {
        name: 'embedded Temporal against stock: 7 no-ops, p50',
        value: median(ours) / median(theirs),
        unit: '×',
        budget: 0.2,
        better: 'less',
        detail: `${ms(median(ours))} against ${ms(median(theirs))}`,
      },
      {
        name: 'embedded Temporal against stock: throughput on disk',
        value: rate(oursMany) / rate(theirsMany),
        unit: '×',
        budget: 3,
        better: 'more',
        detail: `${rate(oursMany).toFixed(1)}/s against ${rate(theirsMany).toFixed(1)}/s`,
      },
    ];
  } finally {
    for (const lab of labs) await lab.stop();
    await folder.remove();
  }
}
