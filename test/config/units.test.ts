import { describe, expect, test } from 'vitest';
import { duration, percent, size } from '../../src/config/measures.js';
import { meantDuration, parseDuration, parsePercent, parseSize } from '../../src/config/units.js';
import { durationText } from '../../src/domain/duration.js';
import { sizeText } from '../../src/domain/size.js';

describe('durations', () => {
  test.each<[string, number | undefined]>([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['0.5s', 500],
    ['0s', 0],
    ['2d', 172_800_000],
    ['366d', 366 * 86_400_000],
    ['367d', undefined],
    ['0.5ms', undefined],
    ['0.0001s', undefined],
    ['5', undefined],
    ['5 m', undefined],
    ['5M', undefined],
    ['5min', undefined],
    ['1h30m', undefined],
    ['-5m', undefined],
    ['+5m', undefined],
    ['.5s', undefined],
    ['5.s', undefined],
    ['1e3s', undefined],
    ['٥m', undefined],
    ['5m\n', undefined],
    ['', undefined],
  ])('%j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000, 5_400_000, 86_400_000, 90_000_000])(
    '%i ms is written as it is read',
    (ms) => {
      expect(parseDuration(durationText(ms))).toBe(ms);
    },
  );

  test.each<[string, string | undefined]>([
    ['1h30m', '90m'],
    ['5 minutes', '5m'],
    ['1 week', '7d'],
    ['2 fortnights', undefined],
    ['soon', undefined],
  ])('%j was meant as %s', (text, meant) => {
    const ms = meantDuration(text);
    expect(ms === undefined ? undefined : durationText(ms)).toBe(meant);
  });
});

describe('percentages', () => {
  test.each<[string, number | undefined]>([
    ['5%', 500],
    ['0%', 0],
    ['0.25%', 25],
    ['2.5%', 250],
    ['99.99%', 9_999],
    ['100%', 10_000],
    ['100.01%', undefined],
    ['101%', undefined],
    ['5.123%', undefined],
    ['5', undefined],
    ['5 %', undefined],
    ['-5%', undefined],
    ['%', undefined],
    ['', undefined],
  ])('%j', (text, points) => {
    expect(parsePercent(text)).toBe(points);
  });
});

describe('sizes', () => {
  test.each<[string, number | undefined]>([
    ['1Ki', 1024],
    ['64Mi', 64 * 1024 ** 2],
    ['1.5Gi', 1.5 * 1024 ** 3],
    ['2Ti', 2 * 1024 ** 4],
    ['0Ki', 0],
    ['0.3Ki', undefined],
    ['9999999Ti', undefined],
    ['512', undefined],
    ['512M', undefined],
    ['512MB', undefined],
    ['512MiB', undefined],
    ['512 Mi', undefined],
    ['512mi', undefined],
    ['-1Mi', undefined],
    ['1e3Mi', undefined],
    ['', undefined],
  ])('%j', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([1024, 64 * 1024 ** 2, 3 * 1024 ** 3, 1024 ** 4])('%i bytes are written as read', (bytes) => {
    expect(parseSize(sizeText(bytes))).toBe(bytes);
  });
  test('what fits no unit is said in bytes', () => {
    expect([0, 1023, 1025].map(sizeText)).toEqual(['0 bytes', '1023 bytes', '1025 bytes']);
  });
});

describe('what is said of a value without or with another unit', () => {
  const about = { description: '' };
  const said = (schema: ReturnType<typeof duration>, value: unknown): string =>
    schema.safeParse(value).error?.issues[0]?.message ?? '';
  test.each<[unknown, string]>([
    [300, '300 has no unit\n300s or 300m'],
    ['300', '300 has no unit\n300s or 300m'],
    [-3, '-3 has no unit\na duration such as 5m'],
    ['1h 30m', '"1h 30m" is not how a duration is written\n90m'],
    ['500d', '"500d" is too long a time\nat most 366d'],
    ['0s', '0s is too little\nat least 1s'],
    ['0.0001s', '"0.0001s" is too little\nat least 1s'],
    ['200 msec', '"200 msec" is too little\nat least 1s'],
    ['1.0001s', '"1.0001s" is not how a duration is written\n1s'],
    ['soon', '"soon" is no duration\na number with ms, s, m, h or d, such as 30s or 5m'],
  ])('duration %j', (value, message) => {
    expect(said(duration(about, '1s'), value)).toBe(message);
  });
  test.each<[number, string, string]>([
    [24, '24h', '24h'],
    [3600, '24h', '3600m or 3600s'],
    [5, '30m', '5m or 5h'],
    [1800, '30m', '1800s'],
    [500, '10s', '500ms'],
    [0.5, '10s', '0.5m or 0.5s'],
    [10, '0s', '10s or 10m'],
    [0, '30m', 'a duration such as 1h'],
    [1e9, '30m', 'a duration such as 1h'],
  ])('%d where %s is usual may be %s', (value, standard, meant) => {
    const usually = { ...about, default: standard, examples: ['1h'] };
    expect(said(duration(usually), value)).toBe(`${String(value)} has no unit\n${meant}`);
  });
  test.each<[unknown, string]>([
    [512, '512 has no unit\n512Mi'],
    ['512', '512 has no unit\n512Mi'],
    [536_870_912, '536870912 has no unit\n512Mi'],
    [2_000_000, '2000000 has no unit\n1954Ki'],
    [0, '0 has no unit\na size such as 512Mi'],
    ['512MB', '"512MB" is not how a size is written\n512Mi'],
    ['512 MiB', '"512 MiB" is not how a size is written\n512Mi'],
    ['512M', '"512M" is not how a size is written\n512Mi'],
    ['0.5Ki', '0.5Ki is too little\nat least 1Ki'],
    ['0.5 KB', '"0.5 KB" is too little\nat least 1Ki'],
    ['big', '"big" is no size\na number with Ki, Mi, Gi or Ti, such as 512Mi'],
  ])('size %j', (value, message) => {
    expect(said(size(about), value)).toBe(message);
  });
  test.each<[unknown, string]>([
    [5, '5 has no unit\n5%'],
    [0.05, '0.05 has no unit\n5% if it is a share of 1, else 0.05%'],
    ['5 %', '"5 %" is not how a percentage is written\n5%'],
    [0.001, '0.001 has no unit\n0.1%'],
    [0.000001, '0.000001 has no unit\na percentage such as 5%'],
    [500, '500 has no unit\na percentage such as 5%'],
    ['120 percent', '"120 percent" is more than everything\nat most 100%'],
    ['120%', '"120%" is more than everything\nat most 100%'],
    ['few', '"few" is no percentage\na number from 0% to 100% with at most two decimals, such as 5%'],
  ])('percentage %j', (value, message) => {
    expect(said(percent(about), value)).toBe(message);
  });

  const GIVEN = ['0', '24', '1e3', '0.0001', '0.5', '-3', '86400', '99999999', '120'].flatMap((n) =>
    ['', 'ms', 's', ' sec', 'min', 'h', ' days', '%', ' percent', 'Ki', 'kb', ' MiB'].map((u) => `${n}${u}`),
  );
  test.each([
    ['duration', duration({ ...about, default: '30m' }, '1s'), /\b\d+(\.\d+)?(ms|[smhd])\b/g],
    ['size', size({ ...about, default: '64Mi' }), /\b\d+(\.\d+)?[KMGT]i\b/g],
    ['percentage', percent(about), /\b\d+(\.\d+)?%/g],
  ])('of a %s is itself taken, wherever it is a value', (_, schema, value) => {
    const refused = GIVEN.filter((text) => !schema.safeParse(text).success);
    expect(refused.length).toBeGreaterThan(50);
    for (const text of refused)
      for (const [suggested] of (said(schema, text).split('\n')[1] ?? '').matchAll(value))
        expect(schema.safeParse(suggested), `${text}: ${suggested}`).toMatchObject({ success: true });
  });
});
