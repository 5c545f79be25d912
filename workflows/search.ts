import { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const SERVICE = keyword('ShipwayService');
export const ENVIRONMENT = keyword('ShipwayEnvironment');
const VERSION = keyword('ShipwayVersion');
export const OUTCOME = keyword('ShipwayOutcome');
export const WAITING = defineSearchAttributeKey('ShipwayWaiting', SearchAttributeType.BOOL);

/** What every run and deployment can be listed by. */
export function searchAttributes(of: {
  service: string;
  environment: string;
  version: string;
}): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: SERVICE, value: of.service },
    { key: ENVIRONMENT, value: of.environment },
    { key: VERSION, value: of.version },
  ]);
}
