// The text of a recorded history: nothing in it is of this machine.
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Workers' identities and this folder are left out; a line of its own, so that files compare. */
export function historyText(history) {
  const text = JSON.stringify(JSON.parse(historyToJSON(history)));
  return `${text.replaceAll(process.cwd(), '').replaceAll(/"identity":"[^"]*"/g, '"identity":"worker"')}\n`;
}
