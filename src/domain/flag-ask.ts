import { onesOf, wrongRule, type FlagDeclaration, type FlagRule } from './flags.js';
import { FULL, type Share } from './plan.js';

/** What a person asks of a flag, as it is typed. */
export interface FlagAsk {
  /** For everybody. */
  readonly on: boolean;
  /** Without the name of a variant: of the one that is meant. */
  readonly shares: readonly { readonly variant?: string; readonly share: Share }[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** The variant that is meant; absent: the only one beside what the flag is while it is off. */
  readonly variant?: string;
}

/** The rule that is asked for, or why there is none. */
export function ruleAsked(declaration: FlagDeclaration, ask: FlagAsk): FlagRule | string {
  const { name } = declaration;
  const ones = onesOf(declaration);
  const meant = ask.variant ?? (ones.length === 1 ? ones[0] : undefined);
  const shares = new Map<string, Share>();
  for (const { variant = meant, share } of ask.on ? [{ share: FULL }] : ask.shares) {
    if (variant === undefined) return several(name, ones);
    if (shares.has(variant)) return `${variant} has two shares`;
    shares.set(variant, share);
  }
  const { users, groups } = ask;
  const anybody = users.length + groups.length > 0;
  if (anybody && meant === undefined) return several(name, ones);
  if (
    ask.variant !== undefined &&
    !anybody &&
    !ask.on &&
    ask.shares.every(({ variant }) => variant !== undefined)
  )
    return `nobody is to have ${ask.variant}: no user or group is named, and each share names its variant itself`;
  const rule: FlagRule = {
    ...(anybody && meant !== undefined ? { named: { variant: meant, users, groups } } : {}),
    shares: Object.fromEntries(shares),
  };
  return wrongRule(declaration, rule) ?? rule;
}

const several = (name: string, ones: readonly string[]): string =>
  `${name} has several variants, and which one is not said: ${ones.join(', ')}`;
