import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { inject } from 'vitest';
import { addSearchAttributes } from '../../src/worker/search-attributes.js';

export const temporalAddress = (): string => inject('temporalAddress');
export const timeSkippingServerPath = (): string => inject('timeSkippingServer');
/** The present workflow code, bundled once a test run. */
export const workflowBundle = (): { readonly codePath: string } => ({ codePath: inject('workflowBundle') });

/** A namespace of its own on the test run's Temporal, ready for shipway's workflows. */
export async function freshNamespace(): Promise<string> {
  const namespace = `t-${randomUUID()}`;
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await tried(() => addSearchAttributes(connection, namespace));
    await tried(() =>
      connection.workflowService.listWorkflowExecutions({ namespace, query: 'ShipwayService="none"' }),
    );
  } finally {
    await connection.close();
  }
  return namespace;
}

/** A new namespace is known to every part of the server only after a while. */
async function tried(call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      await call();
      return;
    } catch (error) {
      if (i >= 100) throw error;
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

/** An empty database of its own on the test run's PostgreSQL, and what removes it. */
export async function freshDatabase(): Promise<{
  readonly url: string;
  readonly remove: () => Promise<void>;
}> {
  const url = new URL(inject('postgresUrl'));
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const asked = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await asked(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => asked(`DROP DATABASE ${name} WITH (FORCE)`) };
}
