import { TestWorkflowEnvironment } from '@temporalio/testing';
import { whyOf } from '../errors.js';

// Run by sdk-download.ts: starts a server of the SDK's own choice once, so that its file is left in the folder named.
const [kind, downloadDir = ''] = process.argv.slice(2);
const server = { executable: { type: 'cached-download' as const, downloadDir } };
try {
  const environment =
    kind === 'temporal-cli'
      ? await TestWorkflowEnvironment.createLocal({ server })
      : await TestWorkflowEnvironment.createTimeSkipping({ server });
  await environment.teardown();
} catch (error) {
  // The SDK repeats the address before each cause; the last part alone says what is wrong.
  const why = whyOf(error);
  process.stderr.write(why.split('): ').at(-1) ?? why);
  process.exitCode = 1;
}
