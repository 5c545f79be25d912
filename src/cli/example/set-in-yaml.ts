import { readFile, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';

export type YamlValue = readonly [path: readonly string[], value: unknown];

/** Writes values into a YAML file and leaves all else as it is, comments too. */
export async function setInYaml(file: string, values: readonly YamlValue[]): Promise<void> {
  if (values.length === 0) return;
  const document = parseDocument(await readFile(file, 'utf8'));
  for (const [path, value] of values) document.setIn(path, document.createNode(value, { flow: true }));
  await writeFile(file, document.toString({ lineWidth: 0 }));
}
