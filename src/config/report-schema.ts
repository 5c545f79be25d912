import { z } from 'zod';
import { choice, innerPath, wrong } from './fields.js';
import { percent } from './measures.js';

const junit = z
  .array(innerPath('a JUnit report, or a folder of them'))
  .min(1)
  .meta({
    description:
      'JUnit reports: files, or folders whose `.xml` files are meant; a test that failed fails the stage, and so does a report without a test',
    examples: [['reports/junit.xml']],
  });

const coverage = z
  .strictObject({
    path: innerPath('a Cobertura report (`coverage.xml`) or one of lcov (`lcov.info`)'),
    minimum: percent({
      description: 'less of the lines covered fails the stage',
      examples: ['80%'],
    }).optional(),
  })
  .meta({ description: 'line coverage', examples: [{ path: 'coverage/lcov.info', minimum: '80%' }] });

const sarif = z
  .strictObject({
    paths: z
      .array(innerPath('a SARIF report, or a folder of them'))
      .min(1)
      .meta({
        description: 'files, or folders whose `.sarif` files are meant',
        examples: [['reports/lint.sarif']],
      }),
    fail_on: choice(['error', 'warning', 'note', 'never'], [], {
      description: 'a finding of this level, or of a worse one, fails the stage; default: `error`',
      examples: ['warning'],
    }).optional(),
  })
  .meta({
    description: 'findings of linters and scanners in SARIF 2.1.0',
    examples: [{ paths: ['reports/lint.sarif'], fail_on: 'warning' }],
  });

/** The reports of a command stage, by the names that the field has for them. */
export const reports = z
  .strictObject({
    junit: junit.optional(),
    coverage: coverage.optional(),
    sarif: sarif.optional(),
  })
  .refine((all) => Object.keys(all).length > 0, {
    error: () => wrong('no report is named', 'junit: [reports/junit.xml]'),
  })
  .meta({
    description:
      'reports that the commands write: they are evidence of the release, and one that is missing or malformed fails the stage',
    examples: [{ junit: ['reports/junit.xml'] }],
    // For editors: the reader says what could be named.
    minProperties: 1,
  });
