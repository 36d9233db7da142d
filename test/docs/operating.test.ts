import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { type Config, configJsonSchema, configSchema } from '../../src/pipeline/config/config.js';
import { makeMetrics } from '../../src/serve/metrics.js';
import { NightBook } from '../../src/watch/night-book.js';
import { codeBlocks, found, namedRows, PAGES, sectionOf, textOf } from './project-files.js';

const FOLDER = 'docs/operating';

describe('metrics', () => {
  const output = { directory: 'o', sender: 'A', receiver: 'B' };
  const config = configSchema.parse({ state: 's', sources: [{ name: 'n', inbox: 'i' }], output });
  const { registry } = makeMetrics({
    config: config as unknown as Config,
    clock: Date.now,
    book: new NightBook('s'),
    watch: null,
    certificates: () => ({ certificates: [], problems: [] }),
    retry: async () => 'begun',
  });
  const known = registry
    .getMetricsAsArray()
    .map((metric) => metric as unknown as { name: string; labelNames: string[] });
  const own = known.filter(({ name }) => name.startsWith('readmill_'));

  it('stand in monitoring.md with their labels, all of them and no others', () => {
    const rows = namedRows(sectionOf(textOf(`${FOLDER}/monitoring.md`), '## Metrics'));
    const described = rows.map(([name, labels]) => [
      name,
      [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    ]);
    expect(described.sort()).toEqual(own.map(({ name, labelNames }) => [name, [...labelNames]]).sort());
    expect(own.length).toBeGreaterThan(20);
  });

  it.each(['prometheus-alerts.yml', 'grafana-dashboard.json'])(
    '%s asks for metrics that there are',
    (file) => {
      const names = new Set(known.map(({ name }) => name));
      const used = found(textOf(`${FOLDER}/${file}`), /\b((?:readmill|process|nodejs)_[a-z_]+)\b/g);
      const plain = [...used].map((name) =>
        names.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ''),
      );
      expect(plain.length).toBeGreaterThan(5);
      expect(plain.filter((name) => !names.has(name))).toEqual([]);
    },
  );
});

describe('the JSON Schema of the configuration', () => {
  const published = JSON.parse(textOf(`${FOLDER}/configuration.schema.json`)) as object;

  it('is that of the code: `npm run docs` writes it', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('takes whole configurations of the pages, and refuses a misspelt key', () => {
    const ajv = new Ajv({ strict: false });
    addFormats.default(ajv);
    const check = ajv.compile(published);
    const whole = PAGES.flatMap((page) => codeBlocks(textOf(page), 'json'))
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .filter((config) => 'state' in config && 'sources' in config);
    expect(whole.length).toBeGreaterThan(2);
    for (const config of whole) {
      expect([check(config), check.errors]).toEqual([true, null]);
      expect(check({ ...config, sorces: [] })).toBe(false);
    }
  });
});
