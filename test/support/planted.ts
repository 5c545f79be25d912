import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Client as Postgres } from 'pg';

/** A text as it may lie somewhere: plain, and inside anything that was put into base64. */
const formsOf = (text: string): readonly Buffer[] => [
  Buffer.from(text),
  ...[0, 1, 2].map((before) => {
    const coded = Buffer.from('x'.repeat(before) + text).toString('base64');
    // What also depends on what stands before and after is left out.
    return Buffer.from(coded.slice(before === 0 ? 0 : 4, -4));
  }),
];

export interface Finder {
  /** The places among these where any of the planted texts is. */
  readonly in: (place: string, content: Buffer | string) => void;
  readonly found: () => readonly string[];
  readonly looked: () => number;
}

export function finder(planted: readonly string[]): Finder {
  const forms = planted.flatMap(formsOf);
  const found: string[] = [];
  let looked = 0;
  return {
    in: (place, content) => {
      looked += 1;
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      if (forms.some((form) => bytes.includes(form))) found.push(place);
    },
    found: () => found,
    looked: () => looked,
  };
}

/** Every file below a folder, whatever it is. */
export async function lookInFiles(finds: Finder, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = join(entry.parentPath, entry.name);
      finds.in(file, await readFile(file).catch(() => Buffer.alloc(0)));
    }
}

/** Every row of every table, as text. */
export async function lookInDatabase(finds: Finder, url: string): Promise<void> {
  const db = new Postgres({ connectionString: url });
  await db.connect();
  try {
    const tables = await db.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables.rows) {
      const { rows } = await db.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      finds.in(`table ${name}`, rows.map(({ row }) => row).join('\n'));
    }
  } finally {
    await db.end();
  }
}

/** Every workflow: its history as the server has it, payloads included, and what `describe` tells, memo and search attributes too. */
export async function lookInTemporal(finds: Finder, address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const { History } = proto.temporal.api.history.v1;
    const { DescribeWorkflowExecutionResponse: Described } = proto.temporal.api.workflowservice.v1;
    for await (const { workflowId, runId } of client.workflow.list()) {
      const handle = client.workflow.getHandle(workflowId, runId);
      finds.in(`history of ${workflowId}`, Buffer.from(History.encode(await handle.fetchHistory()).finish()));
      const { raw } = await handle.describe();
      finds.in(`description of ${workflowId}`, Buffer.from(Described.encode(raw).finish()));
    }
  } finally {
    await connection.close();
  }
}

const ofProcesses = async (name: 'cmdline' | 'environ'): Promise<ReadonlyMap<string, Buffer>> => {
  const pids = (await readdir('/proc')).filter((pid) => /^\d+$/.test(pid));
  const read = pids.map(
    async (pid) => [pid, await readFile(`/proc/${pid}/${name}`).catch(() => undefined)] as const,
  );
  return new Map(
    (await Promise.all(read)).flatMap(([pid, is]) => (is === undefined ? [] : [[pid, is] as const])),
  );
};

/** What `ps` shows of every process of the machine. */
export async function lookInArguments(finds: Finder): Promise<void> {
  for (const [pid, text] of await ofProcesses('cmdline')) finds.in(`arguments of ${pid}`, text);
}

/** The variables of every process that has them all. */
export async function environmentsWith(
  ...has: readonly string[]
): Promise<readonly Record<string, string>[]> {
  const all = [...(await ofProcesses('environ')).values()].map((bytes) => bytes.toString().split('\0'));
  const having = all.filter((lines) => has.every((line) => lines.includes(line)));
  return having.map((lines) =>
    Object.fromEntries(lines.map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)])),
  );
}

/** The pids of the processes that carry any of these texts in their variables. */
export async function carriers(planted: readonly string[]): Promise<readonly string[]> {
  const all = [...(await ofProcesses('environ'))];
  return all.filter(([, text]) => planted.some((p) => text.includes(p))).map(([pid]) => pid);
}
