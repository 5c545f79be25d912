import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { MEMO_VIEW } from '../src/domain/messages.js';
import { WAITING } from './search.js';

/**
 * Writes a view to where people look: the memo (readable by `describe` when no worker lives), the current details of Temporal's UI, and
 * whether somebody is waited for, to search by. Equal views are written once, so a caller may publish after every change.
 */
export function publisher<View extends object>(details: (view: View) => string): (view: View) => void {
  let last = '';
  let waited = false;
  return (view) => {
    const text = JSON.stringify(view);
    if (text === last) return;
    last = text;
    upsertMemo({ [MEMO_VIEW]: view });
    setCurrentDetails(details(view));
    const waits = 'waitingFor' in view && view.waitingFor !== undefined;
    if (waits !== waited) upsertSearchAttributes([{ key: WAITING, value: waits }]);
    waited = waits;
  };
}
