import type { FlagState } from '../../src/domain/flags.js';
import type { TargetRef } from '../../src/domain/ids.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import type { FlagStore } from '../../src/domain/ports.js';
import { ShipwayError } from '../../src/errors.js';

/** A store of flags in memory; `live` knows the live deployment of a target. */
export function memoryFlags(
  live: (target: TargetRef) => DeploymentRow | undefined = () => undefined,
): FlagStore {
  const kept = new Map<string, FlagState>();
  let revision = 0;
  const prefix = ({ service, environment }: TargetRef): string => `${service}/${environment}/`;
  return {
    list: async (target, signal) => {
      await Promise.resolve();
      signal.throwIfAborted();
      const keys = [...kept.keys()].filter((key) => key.startsWith(prefix(target))).toSorted();
      const { plan, release } = live(target) ?? {};
      return keys.flatMap((key) => {
        const flag = kept.get(key);
        const own = plan?.flags?.find(({ name }) => name === flag?.declaration.name);
        if (flag === undefined || own === undefined) return flag ?? [];
        return { ...flag, declaration: own, version: release?.version ?? '' };
      });
    },
    declare: (target, { version, flags }, signal) => {
      signal.throwIfAborted();
      for (const declaration of flags) {
        const key = `${prefix(target)}${declaration.name}`;
        kept.set(key, { ...kept.get(key), declaration, version });
      }
      revision += 1;
      return Promise.resolve();
    },
    set: (target, { name, rule, by }, signal) => {
      signal.throwIfAborted();
      const key = `${prefix(target)}${name}`;
      const flag = kept.get(key);
      if (flag === undefined)
        return Promise.reject(new ShipwayError('flag.unknown', `there is no flag ${key}`));
      const { declaration, version } = flag;
      const set = { by, at: new Date().toISOString() };
      kept.set(key, { declaration, version, set, ...(rule === undefined ? {} : { rule }) });
      revision += 1;
      return Promise.resolve();
    },
    revision: () => Promise.resolve(revision),
  };
}
