import { CommandError } from '../client/failure.js';
import { targetId } from '../domain/ids.js';
import { REFUSED } from '../domain/outcome.js';
import { required, state, withClient } from './context.js';
import { refuseUnknownEnvironment } from './known-environment.js';
import { result } from './output.js';
import { name, serviceOfCommand } from './reference.js';
import type { Command } from './table.js';

/** `shipway adopt`: what serves is recorded as live, after somebody moved the users by hand or the record was lost. */
export const adopt: Command = async (values) => {
  const environment = name('environment', required(values, 'environment', 'NAME'));
  required(values, 'reason', '"why"');
  const target = { service: await serviceOfCommand(values), environment };
  return withClient(values, async (client, settings) => {
    await refuseUnknownEnvironment(settings, target);
    const { status, message } = await client.adopt({
      ...target,
      statement: state(values, 'adopt', targetId(target)),
    });
    if (status === 'refused')
      throw new CommandError(message, 'see `shipway history`, or ship a release with `shipway run`', REFUSED);
    result(values, { ...target, status, message }, [`${target.service} in ${environment}: ${message}`]);
    return 0;
  });
};
