import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { inject } from 'vitest';
import { migrate } from '../../src/store/migrate.js';
import { addSearchAttributes } from '../../src/worker/search-attributes.js';

export const temporalAddress = (): string => inject('temporalAddress');
export const temporalUi = (): string => inject('temporalUi');
export const timeSkippingServerPath = (): string => inject('timeSkippingServer');

/** A database of its own with shipway's schema, on the test run's PostgreSQL. */
export async function freshDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const name = `t${randomUUID().replaceAll('-', '')}`;
  await sql(`CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  await migrate({ url: url.href });
  return { url: url.href, drop: () => sql(`DROP DATABASE ${name} WITH (FORCE)`) };
}

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

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
