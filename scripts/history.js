// The text of a recorded history: nothing in it is of this machine.
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Folders of this machine, wherever packages lie; what stands before them in a stack trace is a bracket or a space. */
const ABOVE_PACKAGES = /(?<=[( ])\/[^\s"()]*(?=\/node_modules\/)/g;

/** Workers' identities and folders are left out; a line of its own, so that files compare. */
export function historyText(history) {
  const text = JSON.stringify(JSON.parse(historyToJSON(history)));
  const placeless = text.replaceAll(process.cwd(), '').replaceAll(ABOVE_PACKAGES, '');
  return `${placeless.replaceAll(/"identity":"[^"]*"/g, '"identity":"worker"')}\n`;
}
