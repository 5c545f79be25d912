import { flag, text } from './options.js';

export const ENVIRONMENT = text('NAME', 'the environment');
/** What is shipped, and where to. */
export const SHIPPED = {
  environment: text('NAME', 'to this environment only (default: those that the stage `deploy` names)'),
  release: text('REF', 'a tag, branch or commit (default HEAD)'),
  dirty: flag('the working tree, not committed'),
  'despite-hold': text('REASON', 'also where rules have rolled this release back; why is kept in the audit'),
  rebuild: flag('build and test the commit again, also if that was done before'),
};
export const REASON = text('TEXT', 'why; it is kept in the audit');
export const DECISION = text('HASH', 'only if this is still what is asked, as `status` showed it');
export const ROLES = text('ROLES', 'some of control,watch,stage,host (default: all)');
export const DAYS = text('DAYS', 'how far back (default 30)');
