import { canonical, type Json } from './canonical.js';
import { cut } from './cut.js';
import { targetKey, type TargetRef } from './ids.js';
import { FULL, type Share } from './plan.js';
import type { Person } from './statement.js';

export type FlagValue = boolean | number | string | { readonly [key: string]: Json };

/** Names of flags and of their variants, as services have them in their code. */
export const FLAG_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,62}$/;

/** A flag as a release declares it. */
export interface FlagDeclaration {
  readonly name: string;
  readonly description?: string;
  /** By their names; their values are of one type. */
  readonly variants: Readonly<Record<string, FlagValue>>;
  /** The variant of everybody whom no rule gives another one: what the flag is while it is off. */
  readonly off: string;
}

/** Who has which variant; without a rule a flag is off. */
export interface FlagRule {
  /** What the users and groups named here have, whatever the shares say. */
  readonly named?: {
    readonly variant: string;
    readonly users: readonly string[];
    readonly groups: readonly string[];
  };
  /** By variant the share of all others who have it, by a consistent hash of their name; the rest has the flag off. */
  readonly shares: Readonly<Record<string, Share>>;
}

/** A flag of a target: what its releases say of it, and what was set. */
export interface FlagState {
  readonly declaration: FlagDeclaration;
  /** Of the release whose declaration it is: the live one, or where that does not declare it the last that did. */
  readonly version: string;
  /** Absent: it is off. */
  readonly rule?: FlagRule;
  /** Who set it last, a person or a deployment, and the ISO instant; absent: nobody has. */
  readonly set?: { readonly by: Person; readonly at: string };
}

/** A flag, and whose it is. */
export interface TargetFlag extends TargetRef, FlagState {}

export const unknownFlag = ({ service, environment }: TargetRef, name: string): string =>
  `no release of ${service} in ${environment} has declared a flag ${JSON.stringify(name)}`;

/** A flag in flagd's form (https://flagd.dev/schema/v0/flags.json). */
export interface FlagDefinition {
  readonly state: 'ENABLED';
  readonly variants: FlagDeclaration['variants'];
  readonly defaultVariant: string;
  readonly targeting?: Json;
}

/** All users get the release with the flag off; then the flag is turned on for more and more of them. */
export interface FlagStrategy {
  readonly kind: 'feature_flag';
  readonly flag: string;
  /** What of it is turned on. */
  readonly variant: string;
  readonly steps: readonly Share[];
  /** How long the dark release is watched, and each share of users that have the flag on. */
  readonly stepDurationMs: number;
}

/**
 * The first share at which a flag that fails every request of those who have it is above a limit of errors, in basis points, when all requests
 * of the release are judged together; `undefined`: none is.
 */
export const visibleFrom = (steps: readonly Share[], threshold: number): Share | undefined =>
  steps.find((share) => share > threshold);

/** A flag that a deployment has turned on, and which. */
export interface LeftOn {
  readonly flag: string;
  readonly by: string;
}

/** What a person asks of a flag, as the statement names it by its digest. */
export interface FlagWish extends TargetRef {
  readonly wish: 'set_flag';
  readonly flag: string;
  readonly rule?: FlagRule;
}

/** What can be turned on: the variants beside the one that the flag is while it is off, in the order of their declaration. */
export const onesOf = ({ variants, off }: FlagDeclaration): readonly string[] =>
  Object.keys(variants).filter((variant) => variant !== off);

/** The same flag, set otherwise. */
export const ruled = ({ rule: _, ...flag }: FlagState, rule: FlagRule | undefined): FlagState => ({
  ...flag,
  ...(rule === undefined ? {} : { rule }),
});

/** Users with a growing share only become more: flagd puts them in order by a hash of flag and `targetingKey`, and the first have it. */
export function definitionOf({ declaration, rule }: Pick<FlagState, 'declaration' | 'rule'>): FlagDefinition {
  const { variants, off } = declaration;
  const shares = sharesIn(declaration, rule);
  const all = shares.find(([, share]) => share === FULL)?.[0];
  const fractional = shares.length === 0 || all !== undefined ? undefined : split(shares, off);
  const named = namedIn(declaration, rule);
  const targeting =
    named === undefined
      ? fractional
      : { if: [isNamed(named), named.variant, ...(fractional === undefined ? [] : [fractional])] };
  return {
    state: 'ENABLED',
    variants,
    defaultVariant: all ?? off,
    ...(targeting === undefined ? {} : { targeting }),
  };
}

/** All flags of a target in flagd's form, as its sync API and its files have them. */
export const flagSetText = (target: TargetRef, flags: readonly FlagState[]): string =>
  JSON.stringify({
    $schema: 'https://flagd.dev/schema/v0/flags.json',
    flags: Object.fromEntries(flags.map((flag) => [flag.declaration.name, definitionOf(flag)])),
    // A provider says its whole selector where nothing else is said.
    metadata: { scope: targetKey(target) },
  });

/** Of variants that there are, in the order of their declaration: a rule may be older than the release. */
const sharesIn = (declaration: FlagDeclaration, rule: FlagRule | undefined): readonly [string, Share][] =>
  onesOf(declaration).flatMap((variant) => {
    const share = Object.hasOwn(rule?.shares ?? {}, variant) ? (rule?.shares[variant] ?? 0) : 0;
    return share === 0 ? [] : [[variant, share]];
  });

const namedIn = ({ variants }: FlagDeclaration, rule: FlagRule | undefined): FlagRule['named'] =>
  rule?.named !== undefined && Object.hasOwn(variants, rule.named.variant) ? rule.named : undefined;

function split(shares: readonly [string, Share][], off: string): Json {
  const rest = FULL - shares.reduce((sum, [, share]) => sum + share, 0);
  return { fractional: [...shares, ...(rest === 0 ? [] : [[off, rest]])] };
}

const isNamed = ({ users, groups }: NonNullable<FlagRule['named']>): Json => ({
  or: [
    ...(users.length === 0 ? [] : [{ in: [{ var: 'targetingKey' }, users] }]),
    ...(groups.length === 0 ? [] : [{ some: [{ var: 'groups' }, { in: [{ var: '' }, groups] }] }]),
  ],
});

/** What a rule cannot say of a flag, or `undefined` when it can. */
export function wrongRule(declaration: FlagDeclaration, rule: FlagRule): string | undefined {
  const { name, variants, off } = declaration;
  const ones = onesOf(declaration);
  const named = [...Object.keys(rule.shares), ...(rule.named === undefined ? [] : [rule.named.variant])];
  const unknown = named.find((variant) => !ones.includes(variant));
  if (unknown !== undefined)
    return unknown === off
      ? `${unknown} is what ${name} is while it is off: whoever has no other variant has it`
      : `${name} has no variant ${JSON.stringify(unknown)}, only ${Object.keys(variants).join(', ')}`;
  const sum = Object.values(rule.shares).reduce((all, share) => all + share, 0);
  return sum > FULL ? `the shares are ${String((sum * 100) / FULL)}% together` : undefined;
}

/** `off`, `on`, `20% on, else off`, `users ann; groups beta: on`. */
export function ruleText({ declaration, rule }: Pick<FlagState, 'declaration' | 'rule'>): string {
  const shares = sharesIn(declaration, rule);
  const named = namedIn(declaration, rule);
  const rest = shares.reduce((left, [, share]) => left - share, FULL);
  const of = [
    ...shares.map(([variant, share]) =>
      share === FULL ? variant : `${String((share * 100) / FULL)}% ${variant}`,
    ),
    ...(rest === 0 ? [] : [shares.length === 0 ? declaration.off : `else ${declaration.off}`]),
  ].join(', ');
  if (named === undefined) return of;
  const who = [
    ...(named.users.length === 0 ? [] : [`users ${named.users.join(', ')}`]),
    ...(named.groups.length === 0 ? [] : [`groups ${named.groups.join(', ')}`]),
  ];
  return `${who.join('; ')}: ${named.variant}; others: ${of}`;
}

/** `off false, on true`: the variants and their values, with what the flag is while it is off first. */
export const variantsText = (flag: FlagDeclaration): string =>
  [flag.off, ...onesOf(flag)]
    .map((variant) => `${variant} ${cut(canonical(flag.variants[variant]))}`)
    .join(', ');

/** `checkout (off, on); banner (plain, urgent)`: each with what it is while it is off first. */
export const flagsText = (flags: readonly FlagDeclaration[]): string =>
  flags.map((flag) => `${flag.name} (${[flag.off, ...onesOf(flag)].join(', ')})`).join('; ');
