import type { ConnectionSettings } from '../connection.js';

/** The page of a workflow in Temporal's UI, or of all of them; `undefined` when nobody said where the UI is. */
export function uiOf(
  { uiUrl, namespace }: Pick<ConnectionSettings, 'uiUrl' | 'namespace'>,
  workflow?: string,
): string | undefined {
  if (uiUrl === undefined) return undefined;
  const all = `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  return workflow === undefined ? all : `${all}/${encodeURIComponent(workflow)}`;
}
