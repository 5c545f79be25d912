import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import { MEMO_VIEW } from '../src/domain/messages.js';

/**
 * Writes a view to where people look: the memo (readable by `describe` when no worker lives) and the current details of Temporal's UI.
 * Equal views are written once, so a caller may publish after every change.
 */
export function publisher<View>(details: (view: View) => string): (view: View) => void {
  let last = '';
  return (view) => {
    const text = JSON.stringify(view);
    if (text === last) return;
    last = text;
    upsertMemo({ [MEMO_VIEW]: view });
    setCurrentDetails(details(view));
  };
}
