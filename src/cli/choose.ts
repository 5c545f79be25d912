import { createInterface, type Interface } from 'node:readline';
import { FACTORS, WRITTEN, choose as chosen, nextToAsk, type Factor, type Known } from '../domain/choose.js';
import { UsageError } from '../errors.js';
import { interrupted } from './interrupt.js';
import { progress, result, string } from './output.js';
import type { Command, Values } from './table.js';

/**
 * `shipway choose`: which strategy a service wants, by the decision matrix, and why. What no option says is asked at a terminal; elsewhere
 * too little is an error of usage. Asks no server.
 */
export const choose: Command = async (values) => {
  const given = givenIn(values);
  const known = process.stdin.isTTY && values['json'] !== true ? await asked(given, values) : given;
  const choice = chosen(known);
  if (choice === undefined) throw tooLittle(nextToAsk(known) ?? 'focus');
  const { strategy, because, mind } = choice;
  result(values, { ...choice, factors: known, write: WRITTEN[strategy] }, [
    `${strategy}: ${because}`,
    ...saidOf(known).map((line) => `  ${line}`),
    ...mind.map((line) => `but ${line}`),
    'in shipway.yaml, below deploy:',
    ...WRITTEN[strategy].map((line) => `  ${line}`),
  ]);
  return 0;
};

const NAMES = Object.keys(FACTORS) as Factor[];
const answersTo = (factor: Factor): readonly string[] => Object.keys(FACTORS[factor].answers);

function givenIn(values: Values): Known {
  const given = NAMES.flatMap((factor) => {
    const answer = string(values, factor);
    if (answer === undefined) return [];
    if (answersTo(factor).includes(answer)) return [[factor, answer]];
    throw new UsageError(
      `--${factor} is no ${JSON.stringify(answer)}`,
      `one of ${answersTo(factor).join(', ')}`,
    );
  });
  return Object.fromEntries(given) as Known;
}

function tooLittle(next: Factor): UsageError {
  return new UsageError(
    'too little is known to choose by',
    `also --${next} ${answersTo(next).join('|')}, or --focus ${answersTo('focus')
      .filter((answer) => answer !== 'none')
      .join('|')}`,
  );
}

/** What decided it, as it was answered. */
const saidOf = (known: Known): readonly string[] =>
  NAMES.flatMap((factor) => {
    const answer = known[factor];
    const words = FACTORS[factor].answers as Readonly<Record<string, string>>;
    return answer === undefined ? [] : [`${factor} ${answer}: ${words[answer] ?? ''}`];
  });

/** All factors that no option says, one question after the other. Fails as interrupted at Ctrl-C, and at the end of the input. */
async function asked(given: Known, values: Values): Promise<Known> {
  const open = NAMES.filter((factor) => given[factor] === undefined);
  if (open.length === 0 || nextToAsk(given) === undefined) return given;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const found: Record<string, string> = { ...given };
    for (const factor of open) found[factor] = await answerTo(terminal, factor, values);
    return found;
  } finally {
    terminal.close();
  }
}

async function answerTo(terminal: Interface, factor: Factor, values: Values): Promise<string> {
  const { question, answers } = FACTORS[factor];
  progress(question, values);
  for (const [answer, words] of Object.entries(answers)) progress(`  ${answer}: ${words}`, values);
  for (;;) {
    const line = (await lineOf(terminal)).trim();
    // As much of a word as tells it from the others is enough.
    const meant = answersTo(factor).filter((answer) => line !== '' && answer.startsWith(line));
    if (meant.length === 1 && meant[0] !== undefined) return meant[0];
    progress(`one of ${answersTo(factor).join(', ')}`, values);
  }
}

const lineOf = (terminal: Interface): Promise<string> =>
  new Promise((resolve, reject) => {
    const gone = (): void => {
      reject(interrupted('nothing was chosen', 'give the command again, or the answers as options'));
    };
    terminal.once('close', gone);
    terminal.once('SIGINT', gone);
    terminal.question('> ', (line) => {
      terminal.off('close', gone).off('SIGINT', gone);
      resolve(line);
    });
  });
