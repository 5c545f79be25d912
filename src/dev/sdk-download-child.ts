import { TestWorkflowEnvironment } from '@temporalio/testing';

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
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
